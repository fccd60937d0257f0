import { compileCapabilities } from "@rollcall/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Granted, MAX_GRANTS, Rights } from "./rights.ts";

type Cap = Record<string, string[]>;
const granted = (cap: Cap, issuedAtMs = 0, expiresAtMs = 1_000): Granted => ({
  capabilities: compileCapabilities(cap),
  issuedAtMs,
  expiresAtMs,
});

/** The rule of the wire contract, word by word: exactly, or by a final `*` that stands for one or more characters. */
function naive(caps: Cap[], resource: string, operation: string): boolean {
  return caps.some((cap) =>
    Object.entries(cap).some(([pattern, operations]) => {
      if (!operations.includes(operation)) return false;
      if (!pattern.endsWith("*")) return pattern === resource;
      const prefix = pattern.substring(0, pattern.length - 1);
      return resource.length > prefix.length && resource.substring(0, prefix.length) === prefix;
    }),
  );
}

const word = fc.stringMatching(/^[ab:]{0,4}$/);
const resource = word.map((rest) => `room:${rest}`);
const pattern = fc.oneof(
  resource,
  resource.map((prefix) => `${prefix}*`),
  fc.constantFrom("*", "room:*", "**", "*a"),
);
const operation = fc.constantFrom("join", "publish", "state");
const cap = fc.dictionary(pattern, fc.array(operation, { maxLength: 3 }), { maxKeys: 4 });

describe("rights", () => {
  it("[X2] agree with a naive model of token and grants, in 100,000 cases", () => {
    fc.assert(
      fc.property(
        cap,
        fc.array(cap, { maxLength: 2 }),
        fc.array(fc.tuple(resource, operation), { minLength: 20, maxLength: 20 }),
        (own, grants, asked) => {
          const rights = new Rights(granted(own));
          for (const [i, grant] of grants.entries()) rights.grant(`room-${i}`, granted(grant));
          for (const [what, how] of asked) {
            if (rights.allows(what, how, 0) !== naive([own, ...grants], what, how)) return false;
          }
          return true;
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("a grant counts until it ends or is revoked, and a newer one of the room takes its place", () => {
    const rights = new Rights(granted({}));
    rights.grant("a", granted({ "room:a": ["join"] }, 100, 2_000));
    expect(rights.allows("room:a", "join", 1_999)).toBe(true);
    expect(rights.allows("room:a", "join", 2_000)).toBe(false);
    expect(rights.nextExpiryMs()).toBe(2_000);
    rights.grant("a", granted({ "room:a": ["join"] }, 200, 3_000));
    expect(rights.allows("room:a", "join", 2_500)).toBe(true);
    expect(rights.revoke(199)).toBe(false);
    expect(rights.revoke(200)).toBe(true);
    expect(rights.allows("room:a", "join", 0)).toBe(false);
    expect(rights.expire(10_000)).toBe(false);
  });

  it("a refreshed token's rights take the place of the old one's; grants stay", () => {
    const rights = new Rights(granted({ "room:a": ["join"] }));
    rights.grant("b", granted({ "room:b": ["join"] }));
    rights.refresh(granted({ "room:c": ["join"] }));
    expect(["a", "b", "c"].map((room) => rights.allows(`room:${room}`, "join", 0))).toEqual([false, true, true]);
  });

  it("what allows it was issued when the newest grant was that allows it now; without one, when the token was", () => {
    const rights = new Rights(granted({ "room:*": ["join"] }, 50));
    expect(rights.newestIssue("room:a", "join", 0)).toBe(50);
    rights.grant("a", granted({ "room:a": ["join"] }, 300, 2_000));
    rights.grant("b", granted({ "room:*": ["join"] }, 200, 3_000));
    rights.grant("c", granted({ "room:c": ["join"] }, 400, 3_000));
    expect(rights.newestIssue("room:a", "join", 1_999)).toBe(300);
    expect(rights.newestIssue("room:a", "join", 2_000)).toBe(200);
    expect(rights.newestIssue("room:a", "join", 3_000)).toBe(50);
  });

  it("grants end one by one, the first one first", () => {
    const rights = new Rights(granted({}));
    expect(rights.nextExpiryMs()).toBeUndefined();
    for (const [room, endMs] of [
      ["a", 3_000],
      ["b", 2_000],
      ["c", 4_000],
    ] as const) {
      rights.grant(room, granted({ [`room:${room}`]: ["join"] }, 0, endMs));
    }
    expect(rights.nextExpiryMs()).toBe(2_000);
    expect(rights.expire(1_999)).toBe(false);
    expect(rights.expire(2_000)).toBe(true);
    expect(rights.nextExpiryMs()).toBe(3_000);
    expect(rights.allows("room:a", "join", 0)).toBe(true);
    expect(rights.allows("room:b", "join", 0)).toBe(false);
  });

  it("grants are bounded", () => {
    const rights = new Rights(granted({}));
    for (let i = 0; i < MAX_GRANTS; i++) expect(rights.grant(`r${i}`, granted({}))).toBe(true);
    expect(rights.grant("one-more", granted({}))).toBe(false);
    expect(rights.grant("r0", granted({}))).toBe(true);
  });
});
