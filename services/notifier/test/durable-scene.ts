/** Durable events with a real notifier, as their users' edges see them, and a receiver of the webhooks they fall back to. */

import { type InboxPage, type InboxState, validateAck } from "@rollcall/contracts";
import { type InboxRequest, messageId } from "@rollcall/contracts/internal";
import { request } from "@rollcall/runtime";
import { conforms, waitFor } from "@rollcall/testkit";
import type { NotifierOptions } from "../src/notifier.ts";
import { startBench } from "./bench.ts";
import { fakeContracts, from, toUsers } from "./fake-contracts.ts";
import { hookChannel, startHook } from "./hook.ts";

const HOUR = 3_600_000;
const field = (data: unknown, name: string) => (data as Record<string, unknown>)[name];
const CONTRACTS = fakeContracts([
  {
    name: "order:shipped",
    from: from("events.orders"),
    audience: toUsers,
    durable: { ttlMs: HOUR, collapse: (data) => field(data, "collapse") as string | undefined },
  },
  {
    name: "order:urgent",
    from: from("events.urgent"),
    audience: toUsers,
    durable: { ttlMs: HOUR, fallback: { afterMs: 300, channel: "hook" } },
  },
  {
    name: "order:daily",
    from: from("events.daily"),
    audience: toUsers,
    durable: { ttlMs: HOUR, fallback: { afterMs: 100, channel: "hook" }, digest: { windowMs: 1_000 } },
  },
  { name: "order:brief", from: from("events.brief"), audience: toUsers, durable: { ttlMs: 400 } },
  { name: "order:seen", from: from("events.seen"), audience: toUsers },
]);

export const order = (id: string, users: string[], subject = "events.orders", more = {}) => ({
  subject,
  id,
  data: { users, ...more },
});

export type DurableScene = Awaited<ReturnType<typeof startDurableScene>>;

export async function startDurableScene() {
  const [bench, hook] = await Promise.all([startBench(CONTRACTS), startHook()]);
  const start = (change: Partial<NotifierOptions> = {}) =>
    bench.notifier({ ...change, channels: hookChannel(hook.url) });
  /** What an edge asks for a client. */
  const door = async <T extends InboxState | InboxPage>(user: string, op: { op: string } & Record<string, unknown>) => {
    const body = { tenant: "main", namespace: "/", user, ...op } as unknown as InboxRequest;
    const data = await request<T>(bench.nc, "rollcall.internal.v1.notifier.inbox", body, { timeoutMs: 5_000 });
    // Edges pass it on as the client's ack.
    conforms(`inbox:${op.op}`, validateAck(`inbox:${op.op}`, data), data);
    return data;
  };
  const sync = (user: string, op = {}) => door<InboxPage>(user, { op: "sync", ...op });
  const done = () =>
    waitFor(async () => (await bench.outstanding()) === 0, { timeoutMs: 20_000, what: "all to be taken" });
  /** Where the event stands with each of its users. */
  const ledger = (id: string) =>
    bench.redis.hgetall(`{rollcall:c0}:event:main:%2F:${messageId("main", "test", id)}`).then((fields) =>
      Object.fromEntries(
        Object.entries(fields)
          .filter(([name]) => name.startsWith("u:"))
          .map(([name, text]) => [name.slice(2), text.split("|")[0]]),
      ),
    );
  return {
    bench,
    hook,
    start,
    door,
    sync,
    done,
    ledger,
    async close() {
      await bench.close();
      await hook.close();
    },
  };
}
