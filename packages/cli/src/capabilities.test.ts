import { expect, test } from "vitest";
import { allCapabilities, parseCapabilities } from "./capabilities.ts";

test("capabilities as they are written", () => {
  expect(
    parseCapabilities(["room:doc:*=join,publish", "user:*=watch", "room:doc:*=state,comment"], ["comment"]),
  ).toEqual({ "room:doc:*": ["join", "publish", "state", "comment"], "user:*": ["watch"] });
  expect(parseCapabilities(["*=join,watch,call"], [])).toEqual({ "*": ["join", "watch", "call"] });
  for (const bad of ["room:*", "=join", "room:*=", "room:*=Join", "room:*=join,"]) {
    expect(() => parseCapabilities([bad], []), bad).toThrow("--cap must be");
  }
});

test.each([
  ["room:retro:*=joyn", "joyn is no operation on room:retro:*. There are join, observe, publish, state, edit;"],
  ["user:*=join", "join is no operation on user:*. There are watch;"],
  ["command:*=edit", "edit is no operation on command:*. There are call;"],
  ["retro:*=join", "retro:* matches no resource"],
  ["room:retro:a*b=join", "room:retro:a*b matches no resource"],
  ["command:ticket=call", "command:ticket matches no resource"],
])("%s could never allow anything, which is said", (written, said) => {
  expect(() => parseCapabilities([written], ["edit"])).toThrow(said);
});

test("the default allows every core operation and every one that contracts introduce", () => {
  expect(allCapabilities(["comment", "join"])).toEqual({
    "room:*": ["join", "observe", "publish", "state", "comment"],
    "user:*": ["watch"],
    "command:*": ["call"],
  });
});
