import { messageId } from "@rollcall/contracts/internal";
import { type Clock, systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { Queue } from "bullmq";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, startBench } from "../../test/bench.ts";
import { fakeContracts, from, toUsers } from "../../test/fake-contracts.ts";
import { type Hook, hookChannel, startHook } from "../../test/hook.ts";
import { parseRecord } from "../ledger/ledger.ts";
import { keyOf, queueName } from "./jobs.ts";

const DAY_MS = 86_400_000;
const contracts = fakeContracts([
  {
    name: "order:urgent",
    from: from("events.urgent"),
    audience: toUsers,
    durable: { ttlMs: 2 * DAY_MS, fallback: { afterMs: 50, channel: "hook" } },
  },
]);
const mid = messageId("main", "test", "o1");
const timer = { tenant: "main", namespace: "/", user: "u1", mid };
const record = `{rollcall:c0}:event:main:%2F:${mid}`;

describe("a fallback", () => {
  let bench: Bench;
  let hook: Hook;
  beforeEach(async () => {
    [bench, hook] = await Promise.all([startBench(contracts), startHook()]);
    hook.answer({ status: 503 });
  });
  afterEach(async () => {
    await bench.close();
    await hook.close();
  });

  const state = async () => parseRecord((await bench.redis.hget(record, "u:u1")) ?? "");
  const attempts = (count: number) =>
    waitFor(async () => (await state()).attempts >= count, { timeoutMs: 20_000, what: `attempt ${count}` });
  const fellBack = () =>
    waitFor(async () => (await state()).state === "fallback", { timeoutMs: 20_000, what: "the fallback" });
  const publish = () => bench.publish({ subject: "events.urgent", id: "o1", data: { users: ["u1"] } });

  it("waits its turn where a channel has a rate", async () => {
    hook.answer({ status: 200 });
    await bench.notifier({
      channels: (parts) => {
        const unlimited = hookChannel(hook.url)(parts).get("hook")!;
        return new Map([["hook", { ...unlimited, rate: { max: 2, duration: DAY_MS } }]]);
      },
    });
    await bench.publish({ subject: "events.urgent", id: "o1", data: { users: ["u1", "u2", "u3", "u4"] } });
    const limited = async () => (await bench.redis.pttl(`{rollcall:c0}:bull:${queueName("hook")}:limiter`)) > 0;
    await waitFor(async () => hook.taken.size === 2 && (await limited()), { timeoutMs: 20_000, what: "the first two" });
    const states = Object.values(await bench.redis.hgetall(record)).filter((text) => /^(handed|pending)\|/.test(text));
    expect(states).toHaveLength(2);
  });

  it("[D1] is not taken for too old by a process whose clock is days ahead", async () => {
    const ahead: Clock = { ...systemClock, now: () => systemClock.now() + 30 * DAY_MS };
    await bench.notifier({ channels: hookChannel(hook.url), clock: ahead });
    await publish();
    await attempts(2);
    hook.answer({ status: 200 });
    await fellBack();
  });

  it("[D1] is sent when a clock that was wrong has put it off for a day", async () => {
    await bench.notifier({ channels: hookChannel(hook.url) });
    const { host, port } = bench.redis.options;
    const queue = new Queue(queueName("hook"), {
      connection: { host: host!, port: port! },
      prefix: "{rollcall:c0}:bull",
    });
    await publish();
    await attempts(1);
    // Rejects while an attempt is under way.
    const putOff = async () => {
      await (await queue.getJob(keyOf(timer)))!.changeDelay(DAY_MS);
      return true;
    };
    await waitFor(putOff, { timeoutMs: 20_000, what: "the job to be put off" });
    await queue.close();
    hook.answer({ status: 200 });
    // As ten minutes later: nothing has happened to the record, and the queue is compared with it.
    const { seq, attempts: made } = await state();
    await bench.redis.hset(record, "u:u1", `handed|${seq}|${systemClock.now() - 600_000}||${made}`);
    await bench.redis.zadd("{rollcall:c0}:inbox-due", 1, `main / u1 ${mid}`);
    await fellBack();
  });
});
