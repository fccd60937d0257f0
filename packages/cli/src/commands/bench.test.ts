import { expect, test } from "vitest";
import { argumentsOf } from "./bench.ts";

test("options reach the benches as they were given, and nothing else does", () => {
  expect(argumentsOf(["B3"], {})).toEqual(["B3"]);
  expect(argumentsOf(["B3", "B4"], { smoke: true, rounds: 2, compare: "", json: true })).toEqual([
    ...["B3", "B4", "--smoke", "--rounds", "2", "--compare=", "--json"],
  ]);
});
