import { globSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { EXIT } from "../context.ts";
import { checkoutRoot } from "../home.ts";
import { SCENARIOS, usersOf } from "./loadtest.ts";

const root = checkoutRoot();

test("the scenarios are those of the folder", () => {
  const files = globSync("loadtest/scenarios/*.ts", { cwd: root }).map((file) => basename(file, ".ts"));
  expect(files.toSorted()).toEqual(SCENARIOS.toSorted());
});

test("each client of a profile is a user", () => {
  for (const scenario of SCENARIOS) {
    const users = usersOf(root, scenario, "smoke");
    expect(users).toBeGreaterThan(0);
    expect(usersOf(root, scenario, "large")).toBeGreaterThan(users);
  }
});

test.each([
  ["presence", "huge", "there is no profile huge"],
  ["presence", "../../package", "there is no profile ../../package"],
  ["nothing", "smoke", "there is no scenario nothing"],
])("%s in %s cannot be understood: %s", (scenario, profile, message) => {
  expect(() => usersOf(root, scenario, profile)).toThrow(expect.objectContaining({ message, exitCode: EXIT.usage }));
});
