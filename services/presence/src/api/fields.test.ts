import { expect, test } from "vitest";
import { fieldsOf } from "./fields.ts";

const issue = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    const [first] = (error as { details: { issues: { pointer: string; keyword: string }[] } }).details.issues;
    return [first!.pointer, first!.keyword];
  }
  return undefined;
};
const wrong: unknown[] = [1, null, {}, [], "", "a b", "x".repeat(129), "a\n", "é", true];

test.each(wrong)("a user id is no %j", (user) => {
  expect(issue(() => fieldsOf({ user }).name("user", "user"))).toEqual(["/user", "pattern"]);
});

test.each([null, 1, "x", []])("a body is no %j", (body) => {
  expect(issue(() => fieldsOf(body))).toEqual(["", "type"]);
});

test("each rule names its pointer and keyword, never the value", () => {
  const secret = "sécret value";
  const rules: [() => unknown, string[]][] = [
    [() => fieldsOf({}).name("user", "user"), ["", "required"]],
    [() => fieldsOf(JSON.parse('{"__proto__":{"user":"a"}}')).name("user", "user"), ["", "required"]],
    [() => fieldsOf({ users: [] }).names("users", "user", 2), ["/users", "maxItems"]],
    [() => fieldsOf({ users: ["a", secret] }).names("users", "user", 2), ["/users/1", "pattern"]],
    [() => fieldsOf({ limit: 1.5 }).page(), ["/limit", "type"]],
    [() => fieldsOf({ limit: "1" }).page(), ["/limit", "type"]],
    [() => fieldsOf({ limit: 0 }).page(), ["/limit", "minimum"]],
    [() => fieldsOf({ limit: 501 }).page(), ["/limit", "maximum"]],
    [() => fieldsOf({ cursor: 5 }).page(), ["/cursor", "type"]],
    [() => fieldsOf({ cursor: secret }).page(), ["/cursor", "pattern"]],
    [() => fieldsOf({ cursor: "x".repeat(257) }).page(), ["/cursor", "maxLength"]],
    [() => fieldsOf({ namespace: "chat" }).namespace(), ["/namespace", "pattern"]],
    [() => fieldsOf({ before: -1 }).span(), ["/before", "minimum"]],
    [() => fieldsOf({ at: "2026-13-01T00:00:00Z" }).time("at"), ["/at", "format"]],
    [() => fieldsOf({ at: 5 }).time("at"), ["/at", "format"]],
  ];
  for (const [run, expected] of rules) expect(issue(run)).toEqual(expected);
  try {
    fieldsOf({ users: [secret] }).names("users", "user", 2);
  } catch (error) {
    expect(JSON.stringify(error)).not.toContain(secret);
  }
});

test("what is absent has its default", () => {
  const fields = fieldsOf({});
  expect(fields.page()).toEqual({ cursor: undefined, limit: 100 });
  expect(fields.span()).toEqual({ before: undefined, after: undefined, limit: 100 });
  expect(fields.namespace()).toBe("/");
  expect(fieldsOf({ at: "2026-01-01T00:00:00Z" }).time("at")).toBe(Date.UTC(2026, 0, 1));
});
