/** An event that was accepted while no notifier could take it in: `explain` must not say that no stream has it. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCluster, startRedis, tempFolder, waitFor } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { runCommandWith } from "./run-command.ts";

const CONTRACT = `
rollcall: 1
namespace: /
events:
  order:shipped:
    from: events.{tenant}.orders.shipped
    payload: { type: object, properties: { customer: { type: string } }, required: [customer] }
    to: { users: /customer }
    durable: { ttl: 7d }
`;

test("while the durable Redis is full, explain and doctor say where the event is and why; then it arrives", async () => {
  const contract = join(tempFolder("explain"), "shop.yaml");
  writeFileSync(contract, CONTRACT);
  await using durable = await startRedis();
  await using cluster = await startCluster({
    edges: 0,
    traces: false,
    contractsDir: contract,
    env: { REDIS_DURABLE_URL: durable.url },
  });
  const run = (...args: string[]) => runCommandWith(cluster.env, args);
  const admin = durable.connect();
  await admin.config("SET", "maxmemory", "1mb");
  const data = '{"customer":"ann"}';
  expect(await run("publish", "order:shipped", "--id", "evt-1", "--data", data)).toMatchObject({ code: 0 });
  const held = await run("explain", "evt-1");
  expect(held.code).toBe(1);
  expect(held.stderr).toMatch(
    /^rollcall: UNAVAILABLE: stream EVENTS holds it: sequence 1, .* no notifier could take it/,
  );
  expect((await run("doctor")).stdout).toMatch(/^bad +redis-durable +is full, .* and refuses writes$/m);

  await admin.config("SET", "maxmemory", "0");
  admin.disconnect();
  const told = await waitFor(
    async () => {
      const { code, stdout } = await run("explain", "evt-1");
      return code === 0 ? stdout : undefined;
    },
    { timeoutMs: 30_000, everyMs: 200, what: "the event to be taken in" },
  );
  expect(JSON.parse(told)).toMatchObject({ event: "order:shipped", recipients: [{ user: "ann" }] });
}, 120_000);
