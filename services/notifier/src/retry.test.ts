import { RollcallError } from "@rollcall/contracts";
import { ManualClock, seededRandom } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import { backoffMs, retry, WAITING } from "./retry.ts";

const random = seededRandom(1);

describe("retry", () => {
  it("tries what may pass until it does", async () => {
    const clock = new ManualClock();
    let calls = 0;
    const work = async () => {
      if (++calls < 20) throw new RollcallError("UNAVAILABLE");
      return "done";
    };
    const result = retry(work, { clock, random, signal: new AbortController().signal });
    await clock.advance(60_000);
    expect(await result).toBe("done");
  });

  it("gives up on what never will", async () => {
    const clock = new ManualClock();
    let calls = 0;
    const work = async () => {
      calls++;
      throw new Error("a bug");
    };
    const result = retry(work, { clock, random, signal: new AbortController().signal }).catch(
      (error: unknown) => error,
    );
    await clock.advance(60_000);
    expect(await result).toMatchObject({ code: "INTERNAL" });
    expect(calls).toBe(4);
  });

  it("ends with the signal's reason", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const work = async () => {
      throw new RollcallError("UNAVAILABLE");
    };
    const result = retry(work, { clock, random, signal: stop.signal }).catch((error: unknown) => error);
    await clock.advance(10);
    const reason = new Error("stop");
    stop.abort(reason);
    expect(await result).toBe(reason);
  });

  it("waits longer and longer, never above the cap", () => {
    const waits = Array.from({ length: 40 }, (_, attempt) => backoffMs(WAITING, attempt, random));
    expect(Math.max(...waits)).toBeLessThanOrEqual(WAITING.maxMs);
    expect(waits[0]).toBeLessThanOrEqual(WAITING.minMs);
    expect(waits[39]).toBeGreaterThanOrEqual(WAITING.maxMs / 2);
  });
});
