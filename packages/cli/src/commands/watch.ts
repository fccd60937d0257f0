/** `watch`: what arrives for a room or a user, read from the log: it changes no presence and acknowledges nothing. */

import { DEFAULT_INSTALL, DEFAULT_TENANT, type Meta, roomTarget, sessionTarget, userTarget } from "@rollcall/contracts";
import { type LogEntry, v1Placement } from "@rollcall/fanout";
import { parseTraceparent } from "@rollcall/telemetry";
import { type Command, Option } from "commander";
import { addressesOf } from "../bus/addresses.ts";
import { redisOptions } from "../bus/redis.ts";
import { readState } from "../cluster/state.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { nameOf } from "../options.ts";
import { watchLog } from "../watch-log.ts";

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
  const { home, clock, terminal } = context;
  program
    .command("watch")
    .summary("print what arrives for a room or a user, with latency and trace id")
    .description("Reads the log until Ctrl-C. Shows messages to the room, or to the user's devices and sessions.")
    .addOption(new Option("--room <room>", "a room").argParser(nameOf("room")).conflicts("user"))
    .addOption(new Option("--user <user>", "a user's devices").argParser(nameOf("user")))
    .option("--tenant <tenant>", "tenant", nameOf("tenant"), DEFAULT_TENANT)
    .option("--ns <namespace>", "namespace", nameOf("namespace"), "/")
    .option("--redis <url>", "Redis of another cluster (default: REDIS_URL, else the cluster of this folder)")
    .option("--install <name>", "name of the installation", nameOf("install"))
    .option("--json", "a JSON object per line")
    .action(async (flags: Flags) => {
      if (flags.room === undefined && flags.user === undefined) {
        throw new CliError("name a --room or a --user", { exitCode: EXIT.usage });
      }
      const state = readState(home.state);
      const given = addressesOf(context);
      const redisUrl = flags.redis ?? given.REDIS_URL ?? state?.status.redisUrl;
      if (redisUrl === undefined) throw new CliError("no cluster runs in this folder", { hint: "Give --redis URL." });
      const cell = v1Placement.cellOf(flags.tenant);
      const partition = v1Placement.partitionOf(cell, flags.ns, targetOf(flags));
      const concerns = concernOf(flags);
      const interrupts = listenForInterrupts();
      try {
        const install = flags.install ?? given.INSTALL ?? state?.status.install ?? DEFAULT_INSTALL;
        await watchLog({
          redisUrl,
          redisOptions: redisOptions(redisUrl, install, context),
          install,
          place: { cell, partition },
          signal: interrupts.signal,
          onReading: () => terminal.note("reading the log; Ctrl-C ends it"),
          onEntry: (entry, loggedAtMs) => concerns(entry) && show(entry, loggedAtMs, flags),
        });
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new CliError(`the log cannot be read: ${why}`, { cause });
      } finally {
        interrupts.dispose();
      }
    });

  const show = (entry: LogEntry, loggedAtMs: number, flags: Flags) => {
    const [event, payload, meta] = JSON.parse(entry.packetJson) as [string, unknown, Meta];
    const latencyMs = Math.max(0, clock.now() - loggedAtMs);
    const traceId = entry.traceparent === undefined ? undefined : parseTraceparent(entry.traceparent)?.traceId;
    if (flags.json === true) return terminal.json({ event, payload, meta, latencyMs, traceId });
    const trace = traceId === undefined ? "" : `  trace ${traceId}`;
    terminal.out(`${meta.ts}  ${terminal.style("bold", event)}  ${latencyMs} ms${trace}  ${JSON.stringify(payload)}`);
  };
}

const targetOf = ({ room, user, tenant }: Flags) =>
  room === undefined ? userTarget(tenant, user!) : roomTarget(tenant, room);

/** Is the entry for what is watched? A user's messages also go to single sessions, all of one beginning. */
export function concernOf(flags: Pick<Flags, "room" | "user" | "tenant" | "ns">): (entry: LogEntry) => boolean {
  const target = targetOf(flags);
  const sessions = flags.user === undefined ? undefined : sessionTarget(flags.tenant, flags.user, "");
  return (entry) =>
    entry.namespace === flags.ns &&
    entry.targets.some((each) => each === target || (sessions !== undefined && each.startsWith(sessions)));
}
