import fc from "fast-check";
import { expect, test } from "vitest";
import { FewMap } from "./few-map.ts";

const key = fc.constantFrom("a", "b", "c");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), key, value: fc.integer() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
);

test("holds what a Map would, in its order, whatever is done", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30, size: "max" }), (steps) => {
      const few = new FewMap<string, number>();
      const model = new Map<string, number>();
      for (const s of steps) {
        if (s.kind === "set") {
          few.set(s.key, s.value);
          model.set(s.key, s.value);
        } else if (s.kind === "delete") {
          expect(few.delete(s.key)).toBe(model.delete(s.key));
        } else {
          few.clear();
          model.clear();
        }
        expect(few.size).toBe(model.size);
        expect([...few]).toEqual([...model]);
        expect([...few.keys()]).toEqual([...model.keys()]);
        expect([...few.values()]).toEqual([...model.values()]);
        for (const name of ["a", "b", "c"]) {
          expect(few.has(name)).toBe(model.has(name));
          expect(few.get(name)).toBe(model.get(name));
        }
      }
    }),
  );
});

test("an entry may be deleted while all are walked", () => {
  for (const names of [["a"], ["a", "b", "c"]]) {
    const few = new FewMap<string, number>();
    for (const name of names) few.set(name, 1);
    const walked: string[] = [];
    for (const [name] of few) {
      walked.push(name);
      few.delete(name);
    }
    expect(walked).toEqual(names);
    expect(few.size).toBe(0);
  }
});
