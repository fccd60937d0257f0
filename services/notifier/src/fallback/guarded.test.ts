import { ManualClock, seededRandom } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import { type Channel, type Notice, Refused } from "./channel.ts";
import { BREAKER, guarded } from "./guarded.ts";

const notice: Notice = { id: "m", key: "k", event: "a:b", tenant: "main", user: "u", data: {}, ts: "" };
const never = new AbortController().signal;

function setUp() {
  const clock = new ManualClock();
  const attempts: number[] = [];
  let answer: () => Promise<"sent"> = async () => "sent";
  const channel: Channel = {
    type: "fake",
    maxAgeMs: 1_000,
    send() {
      attempts.push(clock.monotonic());
      return answer();
    },
  };
  const guard = guarded(channel, { clock, random: seededRandom(1) });
  return {
    clock,
    attempts,
    guard,
    answer(next: () => Promise<"sent">) {
      answer = next;
    },
    /** What a queue does: asks, waits as it is told, asks again. */
    async work(untilMs: number) {
      while (clock.monotonic() < untilMs) {
        if (guard.begin!().waitMs === 0) await guard.send(notice, never).catch(() => {});
        await clock.advance(Math.max(guard.waitMs!(), 1));
      }
    },
  };
}

const ill = async () => {
  throw new Error("ill");
};

describe("a channel behind a breaker", () => {
  it("is asked a few times a minute through an outage of ten minutes, and found well within seconds", async () => {
    const { clock, attempts, guard, answer, work } = setUp();
    answer(ill);
    await work(600_000);
    const afterFirstMinute = attempts.filter((at) => at > 60_000);
    expect(afterFirstMinute.length).toBeLessThan(540_000 / (BREAKER.maxPauseMs / 2) + 1);
    const pauses = afterFirstMinute.slice(1).map((at, n) => at - afterFirstMinute[n]!);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(BREAKER.maxPauseMs);
    expect(new Set(pauses).size).toBeGreaterThan(10);
    answer(async () => "sent");
    const wellAt = clock.monotonic();
    await work(wellAt + BREAKER.maxPauseMs);
    expect(guard.waitMs!()).toBe(0);
    expect(attempts.find((at) => at >= wellAt)! - wellAt).toBeLessThanOrEqual(BREAKER.maxPauseMs);
  });

  it("is left alone after some failures in a row", async () => {
    const { guard, answer } = setUp();
    answer(ill);
    for (let n = 0; n < BREAKER.failures; n++) {
      expect(guard.begin!().waitMs).toBe(0);
      await expect(guard.send(notice, never)).rejects.toThrow("ill");
    }
    expect(guard.begin!().waitMs).toBeGreaterThan(0);
    expect(guard.begin!().waitMs).toBe(guard.waitMs!());
  });

  it("has nothing against a host that answers, also when it refuses", async () => {
    const { guard, answer } = setUp();
    answer(async () => {
      throw new Refused("404");
    });
    for (let n = 0; n < 2 * BREAKER.failures; n++) await expect(guard.send(notice, never)).rejects.toThrow("404");
    expect(guard.waitMs!()).toBe(0);
  });

  it("lets one attempt find out, while the others wait for what it finds", async () => {
    const { clock, guard, answer } = setUp();
    answer(ill);
    for (let n = 0; n < BREAKER.failures; n++) await guard.send(notice, never).catch(() => {});
    await clock.advance(guard.waitMs!());
    expect(guard.begin!().waitMs).toBe(0);
    let tell = (_: "sent") => {};
    answer(() => new Promise((resolve) => (tell = resolve)));
    const probe = guard.send(notice, never);
    expect(guard.begin!().waitMs).toBeGreaterThan(0);
    tell("sent");
    expect(await probe).toBe("sent");
    expect(guard.begin!().waitMs).toBe(0);
  });

  it("lets the next one find out when there was nothing to send after all", async () => {
    const { clock, guard, answer } = setUp();
    answer(ill);
    for (let n = 0; n < BREAKER.failures; n++) await guard.send(notice, never).catch(() => {});
    await clock.advance(guard.waitMs!());
    const permit = guard.begin!();
    permit.withdraw();
    expect(guard.begin!().waitMs).toBe(0);
    // Too late: it is another one's attempt now.
    permit.withdraw();
    expect(guard.begin!().waitMs).toBeGreaterThan(0);
  });
});
