import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lanes } from "./lanes.ts";

/** A task that ends when told to. */
function held() {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { gate, release };
}
const settled = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe("lanes", () => {
  it("[D3] run tasks of one key one after another and of other keys at once", async () => {
    const lanes = new Lanes();
    const log: string[] = [];
    const first = held();
    const task =
      (name: string, gate = Promise.resolve()) =>
      async () => {
        log.push(`${name}+`);
        await gate;
        log.push(`${name}-`);
      };
    const a1 = lanes.run(["a"], task("a1", first.gate));
    const a2 = lanes.run(["a"], task("a2"));
    const b1 = lanes.run(["b"], task("b1"));
    await b1;
    expect(log).toEqual(["a1+", "b1+", "b1-"]);
    first.release();
    await Promise.all([a1, a2]);
    expect(log).toEqual(["a1+", "b1+", "b1-", "a1-", "a2+", "a2-"]);
  });

  it("[D3] a task of many keys waits for the last of each, and holds all of them", async () => {
    const lanes = new Lanes();
    const log: string[] = [];
    const [a, b] = [held(), held()];
    void lanes.run(["a"], () => a.gate);
    void lanes.run(["b"], () => b.gate);
    const both = lanes.run(["a", "b"], async () => void log.push("both"));
    const after = lanes.run(["b"], async () => void log.push("after"));
    a.release();
    await settled();
    expect(log).toEqual([]);
    b.release();
    await Promise.all([both, after]);
    expect(log).toEqual(["both", "after"]);
  });

  it("keep nothing of lanes that are done", async () => {
    const lanes = new Lanes();
    await Promise.all([
      lanes.run(["a", "b"], async () => {}),
      lanes.run(["b"], async () => {}),
      lanes.run([], async () => {}),
    ]);
    expect(lanes.size).toBe(0);
  });

  it("[D3] keep the order of every key, whatever finishes when", async () => {
    const plan = fc.array(fc.record({ keys: fc.uniqueArray(fc.constantFrom("a", "b", "c")), turns: fc.nat(5) }), {
      maxLength: 40,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(plan, async (tasks) => {
        const lanes = new Lanes();
        const ends: number[] = [];
        await Promise.all(
          tasks.map(({ keys, turns }, index) =>
            lanes.run(keys, async () => {
              for (let i = 0; i < turns; i++) await Promise.resolve();
              ends.push(index);
            }),
          ),
        );
        for (const key of ["a", "b", "c"] as const) {
          const ofKey = ends.filter((index) => tasks[index]!.keys.includes(key));
          expect(ofKey).toEqual([...ofKey].sort((x, y) => x - y));
        }
        expect(lanes.size).toBe(0);
      }),
    );
  });
});
