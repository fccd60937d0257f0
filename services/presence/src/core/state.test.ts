import type { RuledOp } from "@rollcall/contracts/internal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_STATE, patch, type RoomState, removeKeys, STATE_LIMITS, since, type Writer } from "./state.ts";

const by = { user: "ann", session: "s", observer: false };
const NOW = { clockMs: 0, wallMs: 0 };
const key = fc.constantFrom("a", "b", "c");
const condition = fc.option(
  fc.oneof(fc.constant({ absent: true as const }), fc.record({ version: fc.integer({ min: 1, max: 5 }) })),
  { nil: undefined },
);
const op: fc.Arbitrary<RuledOp> = fc.oneof(
  fc
    .tuple(key, fc.integer(), condition)
    .map(([k, value, given]): RuledOp => ({ op: "set", key: k, value, ...(given && { if: given }) })),
  fc.tuple(key, condition).map(([k, given]): RuledOp => ({ op: "delete", key: k, ...(given && { if: given }) })),
  fc.tuple(key, fc.integer({ min: -9, max: 9 })).map(([k, add]): RuledOp => ({ op: "increment", key: k, by: add })),
);
const patches = fc.array(fc.array(op, { minLength: 1, maxLength: 4 }), { maxLength: 12, size: "max" });

test("[P8][T1][T2] from any version on, the delta leads to the state as it is", () => {
  fc.assert(
    fc.property(patches, (all) => {
      const states: RoomState[] = [EMPTY_STATE];
      for (const ops of all) {
        const step = patch(states.at(-1)!, ops, by, NOW);
        if (!step.ok) continue;
        expect(step.change === undefined).toBe(step.state === states.at(-1));
        if (step.change !== undefined) states.push(step.state);
      }
      const last = states.at(-1)!;
      expect(last.version).toBe(states.length - 1);
      for (const old of states) {
        const delta = since(last, old.version)!;
        const folded = new Map(old.entries);
        for (const name of delta.deleted) folded.delete(name);
        for (const name of delta.set) folded.set(name, last.entries.get(name)!);
        expect(folded).toEqual(last.entries);
      }
    }),
  );
});

test("[S1][T1] a refused patch leaves the state as it was", () => {
  const step = patch(EMPTY_STATE, [{ op: "set", key: "a", value: 1 }], by, NOW);
  const { state } = step as { state: RoomState };
  const ops: RuledOp[] = [
    { op: "set", key: "b", value: 1 },
    { op: "set", key: "a", value: 2, if: { version: 7 } },
  ];
  expect(patch(state, ops, by, NOW)).toEqual({
    ok: false,
    error: { code: "CONFLICT", details: { op: 1, version: 1 } },
  });
});

test("[T1] conditions see what earlier operations of the patch did", () => {
  const ops: RuledOp[] = [
    { op: "set", key: "a", value: 1, if: { absent: true } },
    { op: "set", key: "a", value: 2, if: { version: 1 } },
    { op: "delete", key: "a" },
  ];
  expect(patch(EMPTY_STATE, ops, by, NOW)).toMatchObject({ ok: true, change: undefined });
});

test("[T2] what was deleted too long ago is not covered by a delta", () => {
  const set = patch(EMPTY_STATE, [{ op: "set", key: "a", value: 1 }], by, NOW) as { state: RoomState };
  const gone = removeKeys(set.state, () => true, 0).state;
  const later = { clockMs: 600_000, wallMs: 600_000 };
  const { state } = patch(gone, [{ op: "set", key: "b", value: 1 }], by, later) as { state: RoomState };
  expect(since(state, 1)).toBeUndefined();
  expect(since(state, 2)).toEqual({ set: ["b"], deleted: [] });
});

/** What a patch by `who` makes of a state, which is expected to hold. */
function patched(state: RoomState, ops: readonly RuledOp[], now = NOW, who: Writer = by): RoomState {
  const step = patch(state, ops, who, now);
  if (!step.ok) throw new Error(step.error.code);
  return step.state;
}
const refusalOf = (state: RoomState, ops: readonly RuledOp[], who: Writer = by) => {
  const step = patch(state, ops, who, NOW);
  return step.ok ? undefined : step.error;
};
const backend: Writer = { user: undefined, session: undefined, observer: false };
const bob: Writer = { user: "bob", session: "t", observer: false };
const set = (name: string, value: unknown, more: object = {}) => ({ op: "set", key: name, value, ...more }) as RuledOp;

test("[T2] a key that was deleted and set again is in a delta as what it is, not as deleted", () => {
  const deleted = patched(patched(EMPTY_STATE, [set("a", 1)]), [{ op: "delete", key: "a" }]);
  expect(since(patched(deleted, [set("a", 2)]), 1)).toEqual({ set: ["a"], deleted: [] });
});

test("[T2] a delta names keys in the order of their last writes, those of one patch by name", () => {
  const first = patched(EMPTY_STATE, [set("d", 1), set("c", 1), set("b", 1)]);
  expect(since(patched(first, [set("a", 1)]), 0)).toEqual({ set: ["b", "c", "d", "a"], deleted: [] });
});

test("[T2] a delta is neither from below what is remembered nor from a version that is yet to come", () => {
  const state = { ...patched(EMPTY_STATE, [set("a", 1)]), floor: 1 };
  expect([0, 1, 2].map((have) => since(state, have) !== undefined)).toEqual([false, true, false]);
});

test("[T2] a change forgets deletions of ten minutes ago, the 16 oldest of them", () => {
  const names = Array.from({ length: 18 }, (_, i) => `k${String(i).padStart(2, "0")}`);
  let state = patched(
    EMPTY_STATE,
    names.map((name) => set(name, 1)),
  );
  for (const [i, name] of names.toReversed().entries()) {
    state = patched(state, [{ op: "delete", key: name }], { clockMs: i, wallMs: 0 });
  }
  const later = patched(state, [set("last", 1)], { clockMs: STATE_LIMITS.tombstoneMs + 16, wallMs: 0 });
  expect([...later.tombstones.keys()]).toEqual(["k01", "k00"]);
  expect(later.floor).toBe(17); // of the sixteenth deletion; the first was version 2
  const rest = patched(later, [set("last", 2)], { clockMs: STATE_LIMITS.tombstoneMs + 16, wallMs: 0 });
  expect([...rest.tombstones.keys()]).toEqual(["k00"]);
});

describe("[T1] a bound key", () => {
  const bound = patched(EMPTY_STATE, [set("a", 1, { bind: "session" })]);
  const writes: RuledOp[] = [set("a", 2), { op: "delete", key: "a" }, { op: "increment", key: "a", by: 1 }];

  test("is its writer's, with the session it goes with", () => {
    expect(bound.entries.get("a")!.bound).toEqual({ user: "ann", session: "s" });
    const counted = patched(EMPTY_STATE, [{ op: "increment", key: "a", by: 1, bind: "session" }]);
    expect(counted.entries.get("a")!.bound).toEqual({ user: "ann", session: "s" });
    const elsewhere = patched(counted, [{ op: "increment", key: "a", by: 1, bind: "session" }], NOW, {
      ...by,
      session: "t",
    });
    expect(elsewhere.entries.get("a")!.bound).toEqual({ user: "ann", session: "t" });
  });

  test.each(writes)("is changed by nobody else: $op", (write) => {
    expect(refusalOf(bound, [write], bob)).toEqual({ code: "FORBIDDEN", details: { op: 0 } });
    expect(refusalOf(bound, [write], { ...by, session: "another" })).toBeUndefined();
    expect(refusalOf(bound, [write], backend)).toBeUndefined();
  });

  test("is no backend's and no observer's", () => {
    for (const who of [backend, { ...by, observer: true }]) {
      expect(refusalOf(EMPTY_STATE, [set("a", 1, { bind: "session" })], who)?.code).toBe("FORBIDDEN");
      const counts: RuledOp = { op: "increment", key: "a", by: 1, bind: "session" };
      expect(refusalOf(EMPTY_STATE, [counts], who)?.code).toBe("FORBIDDEN");
      expect(refusalOf(EMPTY_STATE, [set("a", 1)], who)).toBeUndefined();
    }
  });
});

test("[T1] a sum stays within what the key may hold, whatever it was", () => {
  const count = (by: number): RuledOp => ({ op: "increment", key: "a", by, least: 0, most: 10 });
  const at10 = patched(EMPTY_STATE, [count(10)]);
  expect(at10.entries.get("a")!.value).toBe("10");
  expect(refusalOf(at10, [count(1)])).toEqual({ code: "CONFLICT", details: { op: 0, version: 1 } });
  expect(refusalOf(EMPTY_STATE, [count(-1)])).toEqual({ code: "CONFLICT", details: { op: 0, version: 0 } });
  expect(patched(at10, [count(-10)]).entries.get("a")!.value).toBe("0");
});

test("[T1] a set replaces deadline and binding, an increment keeps them", () => {
  const now = { clockMs: 100, wallMs: 5_000 };
  const first = patched(EMPTY_STATE, [set("a", 1, { ttlMs: 30, bind: "session" })], now);
  const kept = { deadlineMs: 130, expiresAtMs: 5_030, bound: { user: "ann", session: "s" } };
  expect(first.entries.get("a")).toMatchObject(kept);
  const more = patched(first, [{ op: "increment", key: "a", by: 2 }], { clockMs: 110, wallMs: 5_010 });
  expect(more.entries.get("a")).toMatchObject({ ...kept, value: "3", version: 2 });
  const none = { deadlineMs: undefined, expiresAtMs: undefined, bound: undefined };
  expect(patched(more, [set("a", 4)]).entries.get("a")).toMatchObject(none);
  expect(patched(EMPTY_STATE, [{ op: "increment", key: "n", by: -2 }]).entries.get("n")).toEqual({
    ...none,
    value: "-2",
    version: 1,
    by: "ann",
  });
});

describe("[T1] an increment is of integers up to 2^53-1", () => {
  const most = Number.MAX_SAFE_INTEGER;
  test.each([
    [1.5, 1],
    ["1", 1],
    [null, 1],
    [most, 1],
    [-most, -1],
    [most + 1, -1],
  ])("%j + %d is a conflict", (value, add) => {
    const state = patched(EMPTY_STATE, [set("a", value)]);
    const error = { code: "CONFLICT", details: { op: 0, version: 1 } };
    expect(refusalOf(state, [{ op: "increment", key: "a", by: add }])).toEqual(error);
  });

  test("up to the largest", () => {
    const state = patched(EMPTY_STATE, [set("a", most - 1), set("b", -7)]);
    const sums = patched(
      state,
      ["a", "b"].map((name): RuledOp => ({ op: "increment", key: name, by: 1 })),
    );
    expect([...sums.entries.values()].map(({ value }) => value)).toEqual([String(most), "-6"]);
  });
});

test("[T1] a condition on a key that is not there fails with version 0, unless it is that", () => {
  const conflict = { code: "CONFLICT", details: { op: 0, version: 0 } };
  expect(refusalOf(EMPTY_STATE, [set("a", 1, { if: { version: 1 } })])).toEqual(conflict);
  expect(refusalOf(EMPTY_STATE, [set("a", 1, { if: { absent: true } })])).toBeUndefined();
  const there = patched(EMPTY_STATE, [set("a", 1)]);
  expect(refusalOf(there, [set("a", 2, { if: { absent: true } })])).toMatchObject({ details: { version: 1 } });
});

describe("[T1] limits", () => {
  const text = (bytes: number) => "x".repeat(bytes - 2); // and its quotes
  const many = (count: number) => Array.from({ length: count }, (_, i) => set(`k${i}`, 1));
  /** 64 keys of one byte or two, 256 KiB in all. */
  const full = Array.from({ length: 32 }, (_, i) => set(`${i + 10}`, text(8 * 1024 - 2)));

  test.each([
    ["a value's bytes", [set("a", text(8 * 1024))], [set("a", text(8 * 1024 + 1))]],
    ["keys", many(256), many(257)],
    ["bytes of a room, its keys included", full, [...full, set("", 1)]],
  ])("%s", (_, most, more) => {
    expect(refusalOf(EMPTY_STATE, most)).toBeUndefined();
    expect(refusalOf(EMPTY_STATE, more)?.code).toBe("LIMIT_EXCEEDED");
  });

  test("a room that holds more than that may be made smaller, not larger", () => {
    const entry = { ...patched(EMPTY_STATE, [set("a", 1)]).entries.get("a")!, value: `"${"x".repeat(300_000)}"` };
    const large: RoomState = {
      ...EMPTY_STATE,
      entries: new Map([
        ["a", entry],
        ["b", entry],
      ]),
    };
    expect(refusalOf(large, [{ op: "delete", key: "b" }])).toBeUndefined();
    expect(refusalOf(large, [set("c", 1)])?.code).toBe("LIMIT_EXCEEDED");
  });
});
