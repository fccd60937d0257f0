/** One control: a change that takes it away, and the test that notices. */

import type { Replacement } from "@rollcall/testkit";

export interface Control extends Replacement {
  control: string;
  /** A test file; `kind` as in CONTRIBUTING.md. */
  test: string;
  kind: "unit" | "integration";
}

export const edge = (control: string, file: string, from: string, to: string, test: string): Control => ({
  control,
  file: `services/edge/src/${file}`,
  from,
  to,
  test: test.includes("/test/") ? test : `services/edge/src/${test}`,
  kind: test.includes(".integration.") ? "integration" : "unit",
});

const ofPackage =
  (name: string) =>
  (control: string, file: string, from: string, to: string, test: string): Control => ({
    control,
    file: `packages/${name}/src/${file}`,
    from,
    to,
    test: `packages/${name}/src/${test}`,
    kind: "unit",
  });

export const fanout = ofPackage("fanout");
export const runtime = ofPackage("runtime");
