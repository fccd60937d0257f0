import type { CollectedSpan } from "@rollcall/telemetry";
import { expect, test } from "vitest";
import { traceTree } from "./trace-tree.ts";

const span = (spanId: string, parentSpanId: string | undefined, startMs: number, more = {}): CollectedSpan => ({
  traceId: "t".repeat(32),
  spanId,
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  name: `span ${spanId}`,
  kind: "internal",
  service: "rollcall-edge",
  instance: "edge-1",
  startMs,
  durationMs: 1.25,
  attributes: {},
  links: [],
  ...more,
});

test("children stand below their parent, earliest first", () => {
  const lines = traceTree([span("c", "a", 3), span("a", undefined, 1), span("b", "a", 2), span("d", "b", 4)]);
  expect(lines.map((line) => line.slice(0, line.indexOf("  rollcall")))).toEqual([
    "span a",
    "├─ span b",
    "│  └─ span d",
    "└─ span c",
  ]);
  expect(lines[0]).toBe("span a  rollcall-edge (edge-1)  1.3 ms");
});

test("a span whose parent was not exported is a root of its own; errors and links are shown", () => {
  const [orphan] = traceTree([
    span("x", "missing", 1, { error: "UNAVAILABLE", links: [{ traceId: "f".repeat(32), spanId: "1" }] }),
  ]);
  expect(orphan).toContain("ERROR UNAVAILABLE");
  expect(orphan).toContain(`link ${"f".repeat(32)}`);
});
