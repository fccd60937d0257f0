import { describe, expect, it } from "vitest";
import { faultPoints } from "../../src/faults.ts";
import { deaths, EVENTS_EACH } from "./deaths.ts";
import { runFault } from "./stage.ts";

/** With the effect done and nothing that knows it; the campaign has the points before too, and 20,000 events. */
const points = faultPoints.filter((point) => point.endsWith(":after"));

describe("a notifier that dies", () => {
  it("[D1] [D2] [D3] [D4] after each of its steps loses, repeats and reorders nothing", async () => {
    const fault = deaths(points, "killed after each of its steps");
    const result = await runFault(fault, points.length * EVENTS_EACH, 120_000);
    expect(result).toMatchObject({ lost: [], repeated: [], reordered: [], contradicted: [] });
    const { acknowledged = 0, fallback = 0 } = result.states;
    expect(acknowledged + fallback).toBe(result.recipients);
  }, 600_000);
});
