import { expect, test } from "vitest";
import { BENCHES } from "./benches/index.ts";
import { parseCommandLine, UsageError } from "./command-line.ts";

test("benches are named in any case, one or more, or all of them", () => {
  expect(parseCommandLine(["b3", "B4", "--smoke"])).toMatchObject({ what: "some", smoke: true, rounds: undefined });
  expect(parseCommandLine(["b3", "B4"]).benches.map(({ id }) => id)).toEqual(["B3", "B4"]);
  expect(parseCommandLine(["all", "--rounds", "2"])).toMatchObject({ what: "all", benches: BENCHES, rounds: 2 });
  expect(parseCommandLine(["report"])).toMatchObject({ what: "report", benches: [] });
});

test("baselines: all the bench knows, some, or none", () => {
  expect(parseCommandLine(["B3"]).compare).toBeUndefined();
  expect(parseCommandLine(["B3", "--compare", "ws,stock"]).compare).toEqual(["ws", "stock"]);
  expect(parseCommandLine(["B3", "--compare="]).compare).toEqual([]);
});

test("what cannot be understood is said", () => {
  for (const args of [
    [],
    ["B99"],
    ["B4", "B99"],
    ["B4", "--rounds", "0"],
    ["B4", "--compare", "nobody"],
    ["B4", "--fast"],
  ]) {
    expect(() => parseCommandLine(args), args.join(" ")).toThrow(UsageError);
  }
});

test("every bench has an id of its own, judges Rollcall, and names each measure once", () => {
  expect(new Set(BENCHES.map(({ id }) => id)).size).toBe(BENCHES.length);
  for (const { contenders, measures } of BENCHES) {
    expect(contenders[0]).toBe("rollcall");
    expect(new Set(measures.map(({ name }) => name)).size).toBe(measures.length);
  }
});
