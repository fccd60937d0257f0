import { describe, expect, it } from "vitest";
import { clientTrace } from "./client-trace.ts";

const context = `00-${"a".repeat(32)}-${"b".repeat(16)}`;

describe("what a client sees of a trace", () => {
  it.each([
    [`${context}-01`, true, { traceparent: `${context}-01` }],
    [`${context}-03`, true, { traceparent: `${context}-03` }],
    [`${context}-00`, true, {}],
    [`${context}-01`, false, {}],
    [undefined, true, {}],
  ])("of %s, allowed %s", (traceparent, allowed, shown) => {
    expect(clientTrace(traceparent, allowed)).toEqual(shown);
  });
});
