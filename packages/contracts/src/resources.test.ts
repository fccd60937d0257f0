import fc from "fast-check";
import { expect, test } from "vitest";
import { CORE_OPERATIONS } from "./capabilities.ts";
import { isName } from "./names.ts";
import { matches } from "./pattern.ts";
import { kindsMatching, OPERATIONS_OF } from "./resources.ts";

test.each([
  ["room:retro:*", ["room"]],
  ["room:retro", ["room"]],
  ["user:*", ["user"]],
  ["user:a|b", ["user"]],
  ["command:ticket:*", ["command"]],
  ["command:ticket:reply", ["command"]],
  ["command:tick*", ["command"]],
  ["command:*", ["command"]],
  ["*", ["room", "user", "command"]],
  ["r*", ["room"]],
  ["room:", []],
  ["retro:*", []],
  ["rooms:*", []],
  ["room:retro:a*b", []],
  ["room:a|b", []],
  ["room:a/*", []],
  ["command:ticket", []],
  ["command:Ticket:*", []],
  ["command:a:b:*", []],
  ["Room:*", []],
  ["", []],
])("%s matches resources of %j", (pattern, kinds) => {
  expect(kindsMatching(pattern)).toEqual(kinds);
});

test("a pattern that matches a resource is never said to match none", () => {
  const part = fc.constantFrom("a", "b-c", ":", "~", "9", "@x");
  const id = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
  const resource = fc
    .tuple(fc.constantFrom("room", "user", "command"), id)
    .filter(([kind, name]) => isName(kind === "room" ? "room" : kind === "user" ? "user" : "event", name));
  fc.assert(
    fc.property(resource, fc.nat(12), fc.boolean(), ([kind, name], cut, exact) => {
      const whole = `${kind}:${name}`;
      const pattern = exact ? whole : `${whole.slice(0, cut)}*`;
      return !matches(pattern, whole) || kindsMatching(pattern).includes(kind as "room");
    }),
  );
});

test("every operation of core belongs to one kind", () => {
  expect(Object.values(OPERATIONS_OF).flat().toSorted()).toEqual([...CORE_OPERATIONS].toSorted());
});
