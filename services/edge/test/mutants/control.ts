/** One control: a change that takes it away, and the test that notices. */

export interface Control {
  control: string;
  /** From the checkout's root. */
  file: string;
  /** Stands there once. */
  from: string;
  to: string;
  /** A test file; `kind` as in CONTRIBUTING.md. */
  test: string;
  kind: "unit" | "sim" | "integration";
}

export const edge = (control: string, file: string, from: string, to: string, test: string): Control => ({
  control,
  file: `services/edge/src/${file}`,
  from,
  to,
  test: test.includes("/test/") ? test : `services/edge/src/${test}`,
  kind: test.includes(".integration.") ? "integration" : "unit",
});

export const fanout = (control: string, file: string, from: string, to: string, test: string): Control => ({
  control,
  file: `packages/fanout/src/${file}`,
  from,
  to,
  test: `packages/fanout/src/${test}`,
  kind: "unit",
});
