/** `plan`: how many of what a traffic needs, by what was measured. */

import { DEFAULT_LIMITS, MEASURED, type Plan, planFor, type Traffic, type Wall } from "@rollcall/capacity";
import type { Command } from "commander";
import { CliError, type Context } from "../context.ts";
import { frequency, quantity } from "../options.ts";
import { table } from "../terminal.ts";

interface Flags {
  users: number;
  rooms: number;
  roomSize: number;
  rate: number;
  events: number;
  churn: number;
  bytes: number;
  json?: true;
}

/** Of an entry beside its payload: target, event, ids, times. */
const ENVELOPE_BYTES = 300;

export function addPlan(program: Command, { terminal }: Context): void {
  program
    .command("plan")
    .summary("how many edges, replicas and pools a traffic needs, and what becomes narrow first")
    .description(
      "Adds up what each join, message, event and delivery was measured to cost (bench B13; docs/operations/sizing.md says how\n" +
        "far to trust it). Nothing is started.",
    )
    .requiredOption("--users <n>", "connected at once, for example 50000 or 1e6", quantity(1, 1e9))
    .option("--rooms <n>", "that each is in", quantity(0, 200), 3)
    .option("--room-size <n>", "members of a room", quantity(1, 1e6), 50)
    .option("--rate <rate>", "messages of each user, for example 1/m", frequency, 1 / 60)
    .option("--events <rate>", "events of backends to rooms, in all", frequency, 100)
    .option("--churn <rate>", "how often each connects", frequency, 1 / 3_600)
    .option("--bytes <n>", "of a payload", quantity(1, 65_536), 200)
    .option("--json", "print JSON")
    .action((flags: Flags) => {
      const { users, rooms, roomSize, rate, events, churn, bytes } = flags;
      const traffic: Traffic = { users, rooms, roomSize, relays: users * rate, events, connects: users * churn };
      const plan = planFor(traffic, MEASURED, { ...DEFAULT_LIMITS, entryBytes: ENVELOPE_BYTES + bytes });
      if (plan === undefined) {
        throw new CliError("no number of pools carries this traffic", { hint: "Smaller rooms or lower rates would." });
      }
      if (flags.json === true) terminal.json({ traffic, plan });
      else for (const line of linesOf(traffic, plan)) terminal.out(line);
    });
}

function linesOf(traffic: Traffic, plan: Plan): string[] {
  const { pools, edges, presence, notifiers, walls, cores, firstWall } = plan;
  const { relays, events, connects } = traffic;
  const each = (part: keyof Plan["cores"], count: number) =>
    `${percent(cores[part] / pools / count)} of a core${count > 1 ? " each" : ""}`;
  const [next] = walls;
  return [
    `a second: ${whole(relays)} messages, ${whole(events)} events, ${whole(connects)} clients come and go; ${whole(plan.deliveriesPerSecond * pools)} deliveries`,
    "",
    ...table(
      [pools === 1 ? "component" : `of each of ${whole(pools)} pools`, "replicas", "load"],
      [
        ["edge", edges, `${whole(plan.connectionsPerEdge)} connections, ${each("edges", edges)}`],
        ["presence", presence, each("presence", presence)],
        ["notifier", notifiers, `${each("notifier", 1)}: one reads, the other waits`],
        ["redis", 1, `${each("redis", 1)}, ${megabytes(plan.redisBytesPerSecond)} MB/s out`],
        ["nats", 3, `${each("nats", 1)} each: a quorum that may lose one`],
      ],
    ),
    "",
    firstWall === undefined
      ? `narrow first: ${WALLS[next!.name]}, at ${percent(next!.used)} of what is planned for it`
      : `one pool would not do: ${WALLS[firstWall.name]} would have to do ${firstWall.used.toFixed(1)} times what is planned for it. ` +
        `Pools are installations that share nothing: split by tenant or namespace, no room and no user's devices across two.`,
  ];
}

const WALLS: Record<Wall["name"], string> = {
  log: "every edge, which reads the whole log,",
  redis: "the one thread of Redis",
  network: "the network of Redis, which sends the log to every edge,",
  notifier: "the one notifier that reads the events",
  nats: "each NATS server of the quorum",
};

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const megabytes = (bytes: number): string => (bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 });
