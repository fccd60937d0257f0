import { describe, expect, it } from "vitest";
import { OUT_OF_REACH, type Reach, type ReachEvent, reach, retryMs } from "./reach.ts";

const answered = (epoch = "1", brake = false): ReachEvent => ({ type: "answered", epoch, brake });
const failed: ReachEvent = { type: "failed" };

/** The effects of each, and where it ends. */
function after(...events: ReachEvent[]): { effects: string[][]; state: Reach } {
  let state = OUT_OF_REACH;
  const effects = events.map((event) => {
    const step = reach(state, event);
    state = step.state;
    return step.effects;
  });
  return { effects, state };
}

describe("presence within reach", () => {
  it("[R1] is away until it has answered, and again after two failures in a row", () => {
    expect(after(failed).effects).toEqual([["away"]]);
    expect(after(answered(), failed, answered(), failed).effects).toEqual([["live"], [], [], []]);
    const { effects, state } = after(answered(), failed, failed, failed, answered());
    expect(effects).toEqual([["live"], [], ["stale", "away"], ["away"], ["live"]]);
    expect(state).toMatchObject({ health: "live", failures: 0 });
  });

  it("[R2] tells of an epoch that is another than the one before, once", () => {
    expect(after(answered("1"), answered("1"), answered("2"), answered("2")).effects).toEqual([
      ["live"],
      [],
      ["epoch"],
      [],
    ]);
    expect(after({ type: "epoch", epoch: "1" }, { type: "epoch", epoch: "2" }).effects).toEqual([[], ["epoch"]]);
    expect(after({ type: "epoch", epoch: "1" }, answered("2")).effects).toEqual([[], ["live", "epoch"]]);
  });

  it("tells when the brake begins and ends; an outage ends no brake", () => {
    const { effects, state } = after(answered("1", true), failed, failed);
    expect(effects[0]).toEqual(["live", "brake"]);
    expect(state).toMatchObject({ health: "stale", brake: true });
    expect(reach(state, answered()).effects).toEqual(["live", "brake"]);
  });

  it("[R3] waits longer after each failure, up to a second, spread over the upper half", () => {
    const waits = [1, 2, 3, 10, 1_000].map((failures) => retryMs({ ...OUT_OF_REACH, failures }, 0));
    expect(waits).toEqual([50, 100, 200, 500, 500]);
    expect(retryMs({ ...OUT_OF_REACH, failures: 1_000 }, 0.999)).toBeLessThan(1_000);
  });
});
