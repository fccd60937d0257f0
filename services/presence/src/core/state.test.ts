import type { StateOp } from "@rollcall/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_STATE, patch, type RoomState, removeKeys, since } from "./state.ts";

const by = { user: "ann", session: "s", observer: false };
const NOW = { clockMs: 0, wallMs: 0 };
const key = fc.constantFrom("a", "b", "c");
const condition = fc.option(
  fc.oneof(fc.constant({ absent: true as const }), fc.record({ version: fc.integer({ min: 1, max: 5 }) })),
  { nil: undefined },
);
const op: fc.Arbitrary<StateOp> = fc.oneof(
  fc
    .tuple(key, fc.integer(), condition)
    .map(([k, value, given]): StateOp => ({ op: "set", key: k, value, ...(given && { if: given }) })),
  fc.tuple(key, condition).map(([k, given]): StateOp => ({ op: "delete", key: k, ...(given && { if: given }) })),
  fc.tuple(key, fc.integer({ min: -9, max: 9 })).map(([k, add]): StateOp => ({ op: "increment", key: k, by: add })),
);
const patches = fc.array(fc.array(op, { minLength: 1, maxLength: 4 }), { maxLength: 12 });

test("[P8][T1][T2] from any version on, the delta leads to the state as it is", () => {
  fc.assert(
    fc.property(patches, (all) => {
      const states: RoomState[] = [EMPTY_STATE];
      for (const ops of all) {
        const step = patch(states.at(-1)!, ops, undefined, by, NOW);
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
  const step = patch(EMPTY_STATE, [{ op: "set", key: "a", value: 1 }], undefined, by, NOW);
  const { state } = step as { state: RoomState };
  const ops: StateOp[] = [
    { op: "set", key: "b", value: 1 },
    { op: "set", key: "a", value: 2, if: { version: 7 } },
  ];
  expect(patch(state, ops, undefined, by, NOW)).toEqual({
    ok: false,
    error: { code: "CONFLICT", details: { op: 1, version: 1 } },
  });
});

test("[T1] conditions see what earlier operations of the patch did", () => {
  const ops: StateOp[] = [
    { op: "set", key: "a", value: 1, if: { absent: true } },
    { op: "set", key: "a", value: 2, if: { version: 1 } },
    { op: "delete", key: "a" },
  ];
  expect(patch(EMPTY_STATE, ops, undefined, by, NOW)).toMatchObject({ ok: true, change: undefined });
});

test("[T2] what was deleted too long ago is not covered by a delta", () => {
  const set = patch(EMPTY_STATE, [{ op: "set", key: "a", value: 1 }], undefined, by, NOW) as { state: RoomState };
  const gone = removeKeys(set.state, () => true, 0).state;
  const later = { clockMs: 600_000, wallMs: 600_000 };
  const { state } = patch(gone, [{ op: "set", key: "b", value: 1 }], undefined, by, later) as { state: RoomState };
  expect(since(state, 1)).toBeUndefined();
  expect(since(state, 2)).toEqual({ set: ["b"], deleted: [] });
});
