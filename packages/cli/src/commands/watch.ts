/** `watch`: what arrives for a room or a user, read from the log: it changes no presence and acknowledges nothing. */

import { DEFAULT_TENANT, type Meta, roomTarget, userTarget } from "@rollcall/contracts";
import { createFanoutSource, type ReceivedEntry, v1Placement } from "@rollcall/fanout";
import { createLogger, createMetrics } from "@rollcall/runtime";
import { parseTraceparent } from "@rollcall/telemetry";
import { type Command, Option } from "commander";
import { readState } from "../cluster/state.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { nameOf } from "../options.ts";

interface Flags {
  room?: string;
  user?: string;
  tenant: string;
  ns: string;
  redis?: string;
  install?: string;
  json?: true;
}

export function addWatch(program: Command, context: Context): void {
  const { home, env, clock, random, terminal } = context;
  program
    .command("watch")
    .summary("print what arrives for a room or a user, with latency and trace id")
    .addOption(new Option("--room <room>", "a room").argParser(nameOf("room")).conflicts("user"))
    .addOption(new Option("--user <user>", "a user's devices").argParser(nameOf("user")))
    .option("--tenant <tenant>", "tenant", nameOf("tenant"), DEFAULT_TENANT)
    .option("--ns <namespace>", "namespace", nameOf("namespace"), "/")
    .option("--redis <url>", "Redis of another cluster (default: REDIS_URL, else the cluster of this folder)")
    .option("--install <name>", "name of the installation", nameOf("install"))
    .option("--json", "a JSON object per line")
    .action(async (flags: Flags) => {
      const { room, user, tenant, ns } = flags;
      if (room === undefined && user === undefined)
        throw new CliError("name a --room or a --user", { exitCode: EXIT.usage });
      const state = readState(home.state);
      const redisUrl = flags.redis ?? env.REDIS_URL ?? state?.status.redisUrl;
      if (redisUrl === undefined) throw new CliError("no cluster runs in this folder", { hint: "Give --redis URL." });
      const install = flags.install ?? env.INSTALL ?? state?.status.install ?? "rollcall";
      const target = room === undefined ? userTarget(tenant, user!) : roomTarget(tenant, room);
      const logger = createLogger({ service: "rollcall-cli", instance: "cli", level: "silent" });
      const source = createFanoutSource({ redisUrl, install, clock, random, logger, metrics: createMetrics() });
      const cell = v1Placement.cellOf(tenant);
      const interrupts = listenForInterrupts();
      const partition = v1Placement.partitionOf(cell, ns, target);
      const subscription = await source.follow({ cell, partition }, "now", {
        entry(entry) {
          if (entry.namespace === ns && entry.targets.includes(target)) show(entry, flags);
        },
        gap: () => terminal.note("some entries were lost: the log moved on faster than it was read"),
        rewind: () => terminal.note("the log began anew"),
        health: (health) => terminal.note(health === "live" ? "reading the log" : "the log cannot be read: waiting"),
      });
      await interrupts.first;
      await subscription.close();
      interrupts.dispose();
    });

  const show = (entry: ReceivedEntry, flags: Flags) => {
    const [event, payload, meta] = JSON.parse(entry.packetJson) as [string, unknown, Meta];
    const latencyMs = Math.max(0, clock.now() - entry.loggedAtMs);
    const traceId = entry.traceparent === undefined ? undefined : parseTraceparent(entry.traceparent)?.traceId;
    if (flags.json === true) return terminal.json({ event, payload, meta, latencyMs, traceId });
    const trace = traceId === undefined ? "" : `  trace ${traceId}`;
    terminal.out(`${meta.ts}  ${terminal.style("bold", event)}  ${latencyMs} ms${trace}  ${JSON.stringify(payload)}`);
  };
}
