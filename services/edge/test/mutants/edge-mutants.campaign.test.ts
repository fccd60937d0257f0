/**
 * Takes each control away in a copy of the checkout, and expects the test that stands for it to fail: a control that
 * nothing notices is none. Writes its rows of the table of `docs/security.md`.
 */

import { CheckoutCopy, type KeptTable, keepRow, REPOSITORY, replacing, type TestOutcome } from "@rollcall/testkit";
import { beforeAll, expect, test } from "vitest";
import { CONTROLS } from "./controls.ts";
import { roundsOf } from "./rounds.ts";

const TABLE: KeptTable = {
  file: "docs/security.md",
  campaign: "edge-mutants",
  head: ["control", "in", "noticed by"],
};
const ORDER = CONTROLS.map(({ control }) => control);

const failedOf = (outcomes: readonly TestOutcome[], file: string) =>
  outcomes.filter((one) => one.failed && one.file.endsWith(file));

let copy: CheckoutCopy;
beforeAll(async () => {
  copy = await CheckoutCopy.make("edge-mutants");
});

test.each(["unit", "integration"] as const)(
  "each control that is taken away is missed by a test (%s)",
  async (kind) => {
    const controls = CONTROLS.filter((one) => one.kind === kind);
    const files = [...new Set(controls.map((one) => one.test))];
    const unchanged = await copy.test(kind, files);
    expect(unchanged.filter(({ failed }) => failed)).toEqual([]);
    expect(files.filter((file) => !unchanged.some((one) => one.file.endsWith(file)))).toEqual([]);
    const unnoticed: string[] = [];
    for (const round of kind === "unit" ? roundsOf(REPOSITORY, controls) : controls.map((one) => [one])) {
      const tests = round.map((one) => one.test);
      const outcomes = await copy.with(round.map(replacing), () => copy.test(kind, tests));
      for (const { control, file, test: by } of round) {
        const [first, ...others] = failedOf(outcomes, by).map(({ title }) => title.replaceAll("|", "\\|"));
        console.log(`${first === undefined ? "NOT NOTICED" : "noticed"} ${control}`);
        if (first === undefined) unnoticed.push(control);
        else {
          const more = others.length > 0 ? ` and ${others.length} more` : "";
          keepRow(TABLE, [control, `\`${file}\``, `${first}${more}`], ORDER);
        }
      }
    }
    expect(unnoticed).toEqual([]);
  },
);
