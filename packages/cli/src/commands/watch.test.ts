import { expect, test } from "vitest";
import { concernOf } from "./watch.ts";

const entry = (targets: string[], namespace = "/") => ({
  tenant: "main",
  namespace,
  targets,
  event: "a:b",
  packetJson: "[]",
  mid: "m",
});

test("a room is watched in its namespace and tenant only", () => {
  const concerns = concernOf({ room: "doc:1", tenant: "main", ns: "/" });
  expect(concerns(entry(["r:main/doc:2", "r:main/doc:1"]))).toBe(true);
  expect(concerns(entry(["r:main/doc:11"]))).toBe(false);
  expect(concerns(entry(["r:other/doc:1"]))).toBe(false);
  expect(concerns(entry(["r:main/doc:1"], "/x"))).toBe(false);
});

test("a user is watched on all devices and in each session", () => {
  const concerns = concernOf({ user: "ada", tenant: "main", ns: "/" });
  expect(concerns(entry(["u:main/ada"]))).toBe(true);
  expect(concerns(entry(["s:main/ada/session-of-hers"]))).toBe(true);
  expect(concerns(entry(["s:main/adam/session-of-his"]))).toBe(false);
  expect(concerns(entry(["u:main/adam"]))).toBe(false);
});
