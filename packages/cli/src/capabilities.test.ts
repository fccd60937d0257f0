import { expect, test } from "vitest";
import { allCapabilities, parseCapabilities } from "./capabilities.ts";

test("capabilities as they are written", () => {
  expect(parseCapabilities(["room:doc:*=join,publish", "user:*=watch", "room:doc:*=state"])).toEqual({
    "room:doc:*": ["join", "publish", "state"],
    "user:*": ["watch"],
  });
  for (const bad of ["room:*", "=join", "room:*=", "room:*=Join", "room:*=join,"]) {
    expect(() => parseCapabilities([bad]), bad).toThrow("--cap");
  }
});

test("the default allows every core operation and every one that contracts introduce", () => {
  expect(allCapabilities(["comment", "join"])).toEqual({
    "room:*": ["join", "observe", "publish", "state", "comment"],
    "user:*": ["watch"],
    "command:*": ["call"],
  });
});
