import { describe, expect, it } from "vitest";
import { testClock } from "../test/test-clock.ts";
import { RollcallError } from "./errors.ts";
import { createFollow, MAX_KEPT, REPAIR_SPREAD_MS } from "./follow.ts";

/** Follows a number that only grows: a message is the next one, or a gap. Answers are given by the test. */
function counter() {
  const clock = testClock();
  const questions: { answer(value: number | "gap"): Promise<void>; refuse(error: unknown): Promise<void> }[] = [];
  const reports: unknown[] = [];
  const refusals: RollcallError[] = [];
  let copy = 0;
  const follow = createFollow<number>(clock, (error) => reports.push(error), {
    ask: (current) =>
      new Promise((resolve, reject) => {
        questions.push({
          async answer(value) {
            if (current() && value !== "gap") copy = value;
            resolve(value);
            await clock.advance(0);
          },
          async refuse(error) {
            reject(error);
            await clock.advance(0);
          },
        });
      }),
    fold(message) {
      if (message > copy + 1) return "gap";
      copy = Math.max(copy, message);
    },
    changed() {},
    refused: (error) => refusals.push(error),
  });
  return { clock, follow, questions, reports, refusals, copy: () => copy };
}

async function live() {
  const c = counter();
  c.follow.start();
  await c.questions[0]!.answer(1);
  expect(c.follow.live()).toBe(true);
  return c;
}

describe("following", () => {
  it("[R2] the answer to an older question is void", async () => {
    const c = counter();
    c.follow.start();
    c.follow.start();
    await c.questions[0]!.answer(1);
    expect(c.follow.live()).toBe(false);
    expect(c.copy()).toBe(0);
    await c.questions[1]!.answer(2);
    expect(c.follow.live()).toBe(true);
    c.follow.start();
    c.follow.stop();
    await c.questions[2]!.answer(3);
    expect(c.follow.live()).toBe(false);
  });

  it("[R2] the failure of an older question is void, too", async () => {
    const c = counter();
    c.follow.start();
    c.follow.start();
    await c.questions[0]!.refuse(new RollcallError({ code: "FORBIDDEN" }));
    await c.questions[1]!.answer(1);
    expect(c.refusals).toEqual([]);
    expect(c.follow.live()).toBe(true);
  });

  it("[R3] what came meanwhile is folded onto the answer; what came before the question is not kept", async () => {
    const c = counter();
    c.follow.receive(7);
    c.follow.start();
    for (const message of [1, 2, 3]) c.follow.receive(message);
    await c.questions[0]!.answer(1);
    expect(c.copy()).toBe(3);
  });

  it(`[R3] more than ${MAX_KEPT} messages are a gap, and no more are kept`, async () => {
    const c = counter();
    c.follow.start();
    for (let i = 1; i <= MAX_KEPT + 10; i++) c.follow.receive(i);
    await c.questions[0]!.answer(1);
    expect(c.follow.live()).toBe(false);
    await c.clock.advance(REPAIR_SPREAD_MS);
    expect(c.questions).toHaveLength(2);
  });

  it("[R4] a gap asks again within 500 ms; answers that do not fit wait longer each time", async () => {
    const c = await live();
    c.follow.receive(9);
    expect(c.follow.live()).toBe(false);
    await c.clock.advance(REPAIR_SPREAD_MS);
    expect(c.questions).toHaveLength(2);
    const waits: number[] = [];
    for (let i = 1; i <= 5; i++) {
      await c.questions.at(-1)!.answer("gap");
      const { length } = c.questions;
      const startMs = c.clock.now();
      await c.clock.until(() => c.questions.length > length, "another question", 20_000);
      waits.push(c.clock.now() - startMs);
    }
    expect(waits.at(-1)).toBeGreaterThan(waits[0]!);
  });

  it("[R5] gaps are counted until an answer fits", async () => {
    const c = await live();
    c.follow.receive(9);
    await c.clock.advance(REPAIR_SPREAD_MS);
    expect(c.follow.gaps()).toBe(1);
    await c.questions[1]!.answer("gap");
    expect(c.follow.gaps()).toBe(2);
    await c.clock.until(() => c.questions.length === 3, "another question", 20_000);
    await c.questions[2]!.answer(9);
    expect(c.follow.gaps()).toBe(0);
  });

  it("[R6] however often it is told to ask again within a time, it asks once, and stays live until then", async () => {
    const c = await live();
    for (const ms of [900, 100, 700]) c.follow.start(ms);
    await c.clock.advance(899);
    expect(c.questions).toHaveLength(1);
    expect(c.follow.live()).toBe(true);
    await c.clock.advance(5_000);
    expect(c.questions).toHaveLength(2);
  });

  it("[R6] told while an answer is under way, it asks once more after it", async () => {
    const c = counter();
    c.follow.start();
    c.follow.start(100);
    await c.questions[0]!.answer(1);
    expect(c.follow.live()).toBe(true);
    await c.clock.advance(100);
    expect(c.questions).toHaveLength(2);
  });

  it("[R7] what is refused for good is told once and not asked again", async () => {
    const c = counter();
    c.follow.start();
    await c.questions[0]!.refuse(new RollcallError({ code: "FORBIDDEN" }));
    await c.clock.advance(60_000);
    expect(c.refusals).toMatchObject([{ code: "FORBIDDEN" }]);
    expect(c.questions).toHaveLength(1);
  });

  it("[R7] an answer that cannot be read is reported and asked for again", async () => {
    const c = counter();
    c.follow.start();
    await c.questions[0]!.refuse(new TypeError("not what was expected"));
    await c.clock.advance(2_000);
    expect(c.reports).toEqual([new TypeError("not what was expected")]);
    expect(c.questions).toHaveLength(2);
  });

  it("stopped, it leaves no timer behind", async () => {
    const c = await live();
    c.follow.start(5_000);
    c.follow.stop();
    expect(c.clock.pending).toBe(0);
  });
});
