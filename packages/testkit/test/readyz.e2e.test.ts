/** What `/readyz` of each service says while a part is away: names of a fixed set, and only of what its work needs. */

import { NEEDS } from "@rollcall/runtime";
import { expect, test } from "vitest";
import { type ServiceProcess, startCluster, startRedis, waitFor } from "../src/index.ts";
import { E2E_CONTRACTS } from "./contracts.ts";

test("each service names what its work needs and has not", async () => {
  await using durable = await startRedis();
  const env = { REDIS_DURABLE_URL: durable.url };
  await using cluster = await startCluster({ edges: 1, traces: false, contractsDir: E2E_CONTRACTS, env });
  const services = [...cluster.edges, ...cluster.presence, ...cluster.notifiers];
  const said = async ({ internalUrl }: ServiceProcess) => (await fetch(`${internalUrl}/readyz`)).text();
  /** Of edge, presence and notifier, each as soon as it says it. */
  const areSaid = (...wanted: RegExp[]) =>
    Promise.all(
      services.map((service, i) =>
        waitFor(async () => wanted[i]!.test(await said(service)), {
          timeoutMs: 20_000,
          what: `${service.name} to say ${wanted[i]}`,
        }),
      ),
    );
  const ready = /^ok\n$/;
  await areSaid(ready, ready, ready);
  await durable.kill();
  await areSaid(ready, ready, /^not ok: redis-durable\n$/);
  await cluster.nats!.kill();
  await areSaid(ready, /^not ok: nats\n$/, /^not ok: redis-durable, nats\b/);
  await cluster.redis!.kill();
  await areSaid(/^not ok: fanout\n$/, /^not ok: redis, nats\n$/, /^not ok: redis, redis-durable, nats\b/);
  const needs = (await said(services[2]!)).replace("not ok: ", "").trim().split(", ");
  expect(Object.keys(NEEDS)).toEqual(expect.arrayContaining(needs));
}, 120_000);
