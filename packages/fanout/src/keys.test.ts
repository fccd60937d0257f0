import fc from "fast-check";
import { expect, test } from "vitest";
import { keysOf } from "./keys.ts";

const keys = keysOf("rollcall", "c0");

test("[X2] all keys of a cell carry its hash tag, and only that one", () => {
  const all = [
    keys.log(0),
    keys.outbox(),
    keys.epoch(),
    keys.births(),
    keys.leases(),
    keys.ending(),
    keys.edge("e{x}1"),
    keys.session({ tenant: "main", namespace: "/", user: "u}{:", session: "0123456789abcdef" }),
    keys.user("main", "a:b"),
    keys.room("main", "/", "doc:1", "roster"),
  ];
  for (const key of all) {
    expect(key.startsWith("{rollcall:c0}:")).toBe(true);
    expect(key.slice(1).includes("{")).toBe(false);
  }
  expect(keys.log(0)).toBe("{rollcall:c0}:log:0");
  expect(keys.room("main", "/", "doc:1", "roster")).toBe("{rollcall:c0}:r:main:%2F:doc%3A1:roster");
});

test("[X2] no id reaches into the next part: different names have different keys", () => {
  const parts = fc.tuple(fc.string(), fc.string(), fc.string(), fc.string());
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      fc.pre(a.some((value, i) => value.toWellFormed() !== b[i]?.toWellFormed()));
      expect(keys.room(...a)).not.toBe(keys.room(...b));
      expect(keys.user(a[0], a[1]) === keys.user(b[0], b[1])).toBe(a[0] === b[0] && a[1] === b[1]);
    }),
  );
});
