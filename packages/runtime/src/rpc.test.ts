import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { ManualClock } from "./manual-clock.ts";
import { serve } from "./rpc.ts";

const logger = createLogger({ service: "test", instance: "test", level: "silent" });

/** A connection on which requests are put by hand. */
function connection() {
  let callback: (error: null, message: Msg) => void = () => {};
  const nc = {
    subscribe: (_subject: string, options: { callback: typeof callback }) => {
      callback = options.callback;
      return {};
    },
  } as unknown as NatsConnection;
  const ask = () =>
    new Promise<unknown[]>((resolve) => {
      const answers: unknown[] = [];
      const respond = (text: string) => {
        answers.push(JSON.parse(text));
        resolve(answers);
      };
      callback(null, {
        subject: "x",
        data: new TextEncoder().encode("{}"),
        json: () => ({}),
        respond,
      } as unknown as Msg);
    });
  return { nc, ask };
}

test("what takes too long is answered TIMEOUT while somebody still waits, and only once", async () => {
  const clock = new ManualClock();
  const { nc, ask } = connection();
  const work = Promise.withResolvers<object>();
  const served = serve(nc, "x", { logger, within: { ms: 4_500, clock } }, () => work.promise);
  const answers = ask();
  await clock.advance(4_499);
  expect(served.active()).toBe(1);
  await clock.advance(1);
  expect(await answers).toMatchObject([{ ok: false, error: { code: "TIMEOUT", retryable: true } }]);
  work.reject(new Error("late"));
  await clock.advance(0);
  expect(await answers).toHaveLength(1);
  expect(served.active()).toBe(0);
});

test("an answer in time leaves no timer behind", async () => {
  const clock = new ManualClock();
  const { nc, ask } = connection();
  serve(nc, "x", { logger, within: { ms: 4_500, clock } }, () => ({ n: 1 }));
  const answers = await ask();
  await clock.advance(10_000);
  expect(answers).toEqual([{ ok: true, data: { n: 1 } }]);
});
