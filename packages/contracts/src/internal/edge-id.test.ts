import { expect, test } from "vitest";
import { edgeLabel } from "./edge-id.ts";

test("an edge's label is its id without the part of its start", () => {
  expect(edgeLabel("edge-1-QSmrdpOt")).toBe("edge-1");
  expect(edgeLabel("rollcall-edge-0--_-_-_-_")).toBe("rollcall-edge-0");
  expect(edgeLabel("edge-1")).toBe("edge-1");
});
