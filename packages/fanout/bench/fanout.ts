/**
 * CPU of the server process per delivery, one room, 200-byte messages: B1 (one message at a time), B2 (20 at once).
 * Stock Socket.IO with the streams adapter, ours and bare ws run side by side and take turns within each round, so that
 * ratios hold on a noisy machine; each kind has its own log and its own clients.
 *
 *     node bench/fanout.ts [--sockets 2000] [--rounds 5] [--kinds stock,ours,ws] [--json]
 */

import { type ChildProcess, fork } from "node:child_process";
import { parseArgs } from "node:util";
import { systemClock } from "@rollcall/runtime";
import { startRedis, waitFor } from "@rollcall/testkit";
import { encodeEntry, keysOf } from "../src/index.ts";

const { values: args } = parseArgs({
  options: {
    sockets: { type: "string", default: "2000" },
    rounds: { type: "string", default: "5" },
    kinds: { type: "string", default: "stock,ours,ws" },
    json: { type: "boolean", default: false },
  },
});
const SOCKETS = Number(args.sockets);
const kinds = args.kinds.split(",");

/** One burst of `size` messages every `everyMs`, `bursts` times. */
const MEASURES = {
  B1: { size: 1, everyMs: 100, bursts: 20 },
  B2: { size: 20, everyMs: 1_000, bursts: 4 },
  "B2 4/s": { size: 20, everyMs: 250, bursts: 8 },
};

const ask = <T>(child: ChildProcess, question?: object): Promise<T> =>
  new Promise((resolve) => {
    child.once("message", (message) => resolve(message as T));
    if (question !== undefined) child.send(question);
  });
const start = (file: string, ...argv: (string | number)[]) =>
  fork(new URL(file, import.meta.url), argv.map(String), { execArgv: ["--max-semi-space-size=4"] });

interface Usage {
  cpuUs: number;
  rssBytes: number;
  sockets: number;
  blockMs: number;
}
const server = await startRedis();
const redis = server.connect();
const filler = "x".repeat(140);

interface Contender {
  kind: string;
  server: ChildProcess;
  clients: ChildProcess;
  key: string;
  /** Of the next message: clients notice what is missing. */
  number: number;
}
const contenders: Contender[] = [];
for (const kind of kinds) {
  const child = start("servers.ts", kind, server.url);
  const { ready } = await ask<{ ready: number }>(child);
  const before = await ask<Usage>(child, {});
  const clients = start("clients.ts", ready, SOCKETS);
  await ask(clients);
  const after = await ask<Usage>(child, {});
  const kib = (after.rssBytes - before.rssBytes) / SOCKETS / 1024;
  const connectUs = (after.cpuUs - before.cpuUs) / SOCKETS;
  console.error(`${kind}: ${after.sockets} connected, ${connectUs.toFixed(0)} us and ${kib.toFixed(1)} KiB RSS each`);
  contenders.push({ kind, server: child, clients, key: keysOf(`bench-${kind}`, "c0").log(0), number: 0 });
}

/** Microseconds of the server's CPU per delivery, and the longest block of its event loop. */
async function measure(contender: Contender, name: keyof typeof MEASURES): Promise<{ us: number; blockMs: number }> {
  const { server: child, clients, key } = contender;
  const { size, everyMs, bursts } = MEASURES[name];
  const { messages: already } = await ask<{ messages: number }>(clients, {});
  const before = await ask<Usage>(child, {});
  for (let burst = 0; burst < bursts; burst++) {
    const pipeline = redis.pipeline();
    for (let i = 0; i < size; i++) {
      const packetJson = JSON.stringify(["chat:said", { text: filler, n: contender.number++ }, { id: "0123456789" }]);
      const entry = {
        tenant: "main",
        namespace: "/",
        targets: ["r:main/bench"],
        event: "chat:said",
        packetJson,
        mid: "x",
      };
      pipeline.xadd(key, "MAXLEN", "~", 10_000, "*", ...encodeEntry(entry));
    }
    await pipeline.exec();
    await systemClock.sleep(everyMs);
  }
  const deliveries = size * bursts * SOCKETS;
  await waitFor(async () => (await ask<{ messages: number }>(clients, {})).messages - already >= deliveries, {
    timeoutMs: 60_000,
    what: `${deliveries} deliveries`,
    everyMs: 50,
  });
  const after = await ask<Usage>(child, {});
  return { us: (after.cpuUs - before.cpuUs) / deliveries, blockMs: after.blockMs };
}

const median = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
const results: Record<string, Record<string, { us: number[]; ratio: number[]; blockMs: number[] }>> = {};
for (const contender of contenders) await measure(contender, "B1"); // warm
for (const name of Object.keys(MEASURES) as (keyof typeof MEASURES)[]) {
  const row: (typeof results)[string] = (results[name] = {});
  for (let round = 0; round < Number(args.rounds); round++) {
    const measured = new Map<string, Awaited<ReturnType<typeof measure>>>();
    for (const contender of contenders) measured.set(contender.kind, await measure(contender, name));
    for (const [kind, { us, blockMs }] of measured) {
      const cell = (row[kind] ??= { us: [], ratio: [], blockMs: [] });
      cell.us.push(us);
      cell.ratio.push(us / measured.get(kinds[0]!)!.us);
      cell.blockMs.push(blockMs);
    }
  }
  for (const [kind, { us, ratio, blockMs }] of Object.entries(row)) {
    const cpu = `${median(us).toFixed(2).padStart(6)} us  ${median(ratio).toFixed(2)}x`;
    const range = `[${Math.min(...ratio).toFixed(2)}-${Math.max(...ratio).toFixed(2)}]`;
    console.log(`${name.padEnd(7)} ${kind.padEnd(6)} ${cpu} ${range}  loop blocked ${median(blockMs).toFixed(0)} ms`);
  }
}
let wrong = 0;
for (const { clients } of contenders) wrong += (await ask<{ wrong: number }>(clients, {})).wrong;
console.log(`${wrong} messages lost or out of order`);
if (args.json) console.log(JSON.stringify(results));
for (const { server: child, clients } of contenders) {
  child.disconnect();
  clients.disconnect();
}
redis.disconnect();
await server.stop();
