import { describe, expect, it } from "vitest";
import { mutantsOf } from "./mutants.ts";
import { type Switch, switched } from "./switched.ts";

const changes = (text: string) => mutantsOf("a.ts", text).map(({ from, to }) => `${from} -> ${to || "(nothing)"}`);

describe("the mistakes that are made", () => {
  it.each([
    ["if (a < b) f();", ["a < b -> true", "a < b -> false", "a < b -> a <= b", "f(); -> (nothing)"]],
    ["x = a && b;", ["x = a && b; -> (nothing)", "a && b -> a", "a && b -> b", "a && b -> a || b"]],
    ["const x = !a;", ["!a -> a"]],
    ["const x = all.filter(f);", ["all.filter(f) -> all"]],
    ["const x = Math.min(a, b);", ["Math.min(a, b) -> Math.max(a, b)"]],
    ["const x = [a];", ["[a] -> []"]],
    ["const x = n - 7;", ["n - 7 -> (n) + (7)", "7 -> 8"]],
    ['f(reason("lost"));', ['f(reason("lost")); -> (nothing)', '"lost" -> "another"']],
  ])("%s", (text, all) => {
    expect(changes(text)).toEqual(all);
  });

  it.each([
    ["an import", 'import { a } from "x-y";'],
    ["a type", 'type A = { kind: "some-kind"; size: 3 };'],
    ["a message for people", 'const e = new Error("not-found");'],
    ["texts put together", "const x = `a` + b;"],
    ["a part of an optional chain", "const x = a?.b.filter(f);"],
  ])("not in %s", (_, text) => {
    expect(changes(text)).toEqual([]);
  });
});

/** What `f(...args)` gives with mutant `active` in force. */
function run(text: string, active: number, ...args: unknown[]): unknown {
  const theSwitch: Switch = { is: (id) => id === active, turn: () => true, turns: (all) => all, keeps: () => {} };
  const body = `${switched("a.ts", text, 0).text}\nreturn f;`;
  const make = new Function("__switch", body) as (one: Switch) => (...args: unknown[]) => unknown;
  return make(theSwitch)(...args);
}

describe("a source with all of them in it", () => {
  const text = `
    function f(a, b) {
      const out = [];
      if (a < b) out.push("less");
      else if (a === b) out.push("equal");
      else out.push("more");
      for (let i = 0; i < a; i++) out.push(i);
      for (const one of [a, b]) if (one > 1) { out.push(one); continue; }
      return out;
    }`;
  const { mutants } = switched("a.ts", text, 0);

  it("does what it did while none is in force", () => {
    expect(run(text, -1, 1, 2)).toEqual(["less", 0, 2]);
    expect(run(text, -1, 2, 2)).toEqual(["equal", 0, 1, 2, 2]);
    expect(run(text, -1, 2, 1)).toEqual(["more", 0, 1, 2]);
  });

  it("does otherwise with one of them", () => {
    const at = (to: string, from: string) => mutants.findIndex((one) => one.to === to && one.from === from);
    expect(run(text, at("false", "a < b"), 1, 2)).toEqual(["more", 0, 2]);
    expect(run(text, at("a <= b", "a < b"), 2, 2)).toEqual(["less", 0, 1, 2, 2]);
    expect(run(text, at("", "out.push(one);"), 1, 2)).toEqual(["less", 0]);
    expect(run(text, at("[]", "[a, b]"), 1, 2)).toEqual(["less", 0]);
  });

  it("tells what it keeps between calls", () => {
    const source = "const seen = new Map<string, Map<string, number>>();\nexport const f = () => new Set();\n";
    expect(switched("a.ts", source, 0).text).toBe(`${source}\n__switch.keeps(seen);`);
  });
});
