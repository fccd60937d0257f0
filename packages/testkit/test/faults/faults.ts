/** The faults, one beside the other. Each is done under traffic, and heals what it has done. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../../src/index.ts";
import type { Fault, Trial } from "./trial.ts";
import type { Bounds } from "./world.ts";

/** A round of the sweeper, of the relay, of the network. */
const SLACK_MS = 1_000;
/** An answer is given by another replica within this (P14). */
const REPLICA_MS = 5_000;
const DAY_MS = 86_400_000;

const leaseOver = ({ graceMs, leaseMs }: Bounds) => leaseMs + graceMs + SLACK_MS;
const brakeOver = (bounds: Bounds) => bounds.brakeMs + leaseOver(bounds);

export interface Lengths {
  /** Presence, a Redis that is silent or read-only. */
  awayMs: number;
  natsAwayMs: number;
  redisAwayMs: readonly number[];
  /** A Redis that takes nothing more. Beyond the brake, which would hide who cannot renew a lease. */
  fullMs: number;
  /** Beyond lease, grace and ping. */
  hungMs: number;
  latencyMs: number;
  jumpMs: number;
}

/** An edge and most of its people, gone at once. */
async function loseEdge(trial: Trial, lose: (edge: Trial["world"]["cluster"]["edges"][number]) => unknown) {
  const { world } = trial;
  const index = world.busiestEdge();
  const edge = trial.touch(world.cluster.edges[index]!);
  trial.depart(trial.mostOf(index), "stayAway");
  trial.healed();
  await lose(edge);
  return edge;
}

async function away(trial: Trial, fault: { begin(): unknown; end(): unknown }, ms: number): Promise<void> {
  await fault.begin();
  try {
    await trial.comingAndGoing();
    await trial.lasting(ms);
  } finally {
    await fault.end();
  }
  trial.healed();
}

export function faultsOf(lengths: Lengths): Fault[] {
  const { awayMs, fullMs, natsAwayMs, redisAwayMs, hungMs, latencyMs, jumpMs } = lengths;
  const seconds = (ms: number) => `${ms / 1_000} s`;
  return [
    {
      shows: "[P1] [P2] [P3] [P4] [P13]",
      name: "edge killed (SIGKILL)",
      departuresMs: leaseOver,
      async run(trial) {
        const edge = await loseEdge(trial, (victim) => victim.kill());
        trial.afterwards.push(() => edge.restart());
      },
    },
    {
      shows: "[P1] [P3] [P11] [P13]",
      campaignOnly: true,
      name: `edge hung for ${seconds(hungMs)} (SIGSTOP), then going on`,
      departuresMs: leaseOver,
      async run(trial) {
        const { world } = trial;
        const edge = await loseEdge(trial, (victim) => victim.pause());
        await world.agreement({ ghosts: true });
        await trial.lasting(hungMs);
        await world.agreement();
        await trial.quiet();
        await world.allTold();
        const before = [await world.streamEnd(), await world.leases(), await world.answers()] as const;
        edge.resume();
        trial.healed();
        await waitFor(async () => (await world.leases()).length > before[1].length, {
          timeoutMs: 30_000,
          what: "the zombie to begin anew",
        });
        const after = [await world.streamEnd(), await world.leases(), await world.answers()] as const;
        for (const told of await world.toldBetween(before[0], after[0]))
          trial.surprises.push(`backends were told ${told}`);
        if (JSON.stringify([...after[2].members]) !== JSON.stringify([...before[2].members])) {
          trial.surprises.push("the zombie changed a roster");
        }
      },
    },
    {
      shows: "[P3]",
      name: "edge told to stop (SIGTERM)",
      departuresMs: leaseOver,
      async run(trial) {
        const { world } = trial;
        const index = world.busiestEdge();
        const edge = trial.touch(world.cluster.edges[index]!);
        const told = world.apps.filter((app) => app.here && app.edge === index);
        trial.healed();
        const { code, signal } = await edge.stop();
        if (code !== 0) trial.surprises.push(`ended with ${code ?? signal}`);
        for (const { user, client } of told) {
          if (client.eventsOf("server:drain").length === 0) trial.surprises.push(`${user} was not told`);
        }
        trial.afterwards.push(() => edge.restart());
      },
    },
    {
      shows: "[P13] [P14]",
      name: "edge killed, and a presence replica in the middle of the sweep",
      departuresMs: (bounds) => leaseOver(bounds) + REPLICA_MS,
      async run(trial) {
        const edge = await loseEdge(trial, (victim) => victim.kill());
        const replica = trial.touch(trial.world.cluster.presence[0]!);
        await trial.firstDepartureSeen();
        await replica.kill();
        trial.struckAgain();
        trial.afterwards.push(
          () => edge.restart(),
          () => replica.restart(),
        );
      },
    },
    {
      shows: "[P2] [P14]",
      name: `every presence replica killed, for ${seconds(awayMs)}`,
      departuresMs: brakeOver,
      run: (trial) => {
        const replicas = trial.world.cluster.presence.map((replica) => trial.touch(replica));
        return away(
          trial,
          {
            begin: () => Promise.all(replicas.map((replica) => replica.kill())),
            end: () => Promise.all(replicas.map((replica) => replica.restart())),
          },
          awayMs,
        );
      },
    },
    {
      shows: "[P9] [P10]",
      name: "Redis flushed (FLUSHALL)",
      departuresMs: brakeOver,
      async run(trial) {
        await trial.world.operator.flushall();
        trial.healed();
        await trial.comingAndGoing();
      },
    },
    {
      shows: "[P9] [P10]",
      name: "Redis killed, back empty",
      campaignOnly: true,
      departuresMs: brakeOver,
      async run(trial) {
        const { redis } = trial.world;
        await redis.kill();
        await redis.restart();
        trial.healed();
        await trial.comingAndGoing();
      },
    },
    {
      shows: "[P6] [P9]",
      name: "Redis killed, back with older data",
      rewinds: true,
      campaignOnly: true,
      departuresMs: brakeOver,
      async run(trial) {
        const { redis, operator } = trial.world;
        await operator.save();
        await trial.comingAndGoing();
        await trial.world.agreement();
        await redis.kill();
        await redis.restart();
        rmSync(join(redis.folder, "dump.rdb"));
        trial.healed();
      },
    },
    ...redisAwayMs.map(
      (ms): Fault => ({
        shows: "[P2] [P9] [P15]",
        name: `Redis away for ${seconds(ms)}`,
        departuresMs: brakeOver,
        run: (trial) => {
          const { proxy } = trial.world;
          return away(trial, { begin: () => proxy.cut(), end: () => proxy.heal() }, ms);
        },
      }),
    ),
    {
      shows: "[P2] [P9] [P15]",
      campaignOnly: true,
      name: `Redis silent for ${seconds(awayMs)} (connections stay open)`,
      departuresMs: brakeOver,
      run: (trial) => {
        const { proxy } = trial.world;
        return away(trial, { begin: () => proxy.halfOpen(), end: () => proxy.heal() }, awayMs);
      },
    },
    {
      shows: "[P9]",
      name: `Redis ${latencyMs} ms away`,
      campaignOnly: true,
      departuresMs: brakeOver,
      async run(trial) {
        const { world } = trial;
        world.proxy.latency(latencyMs / 2);
        trial.afterwards.push(async () => world.proxy.latency(0));
        await trial.comingAndGoing();
      },
    },
    {
      shows: "[P2] [P9] [P15]",
      name: `Redis read-only for ${seconds(awayMs)}`,
      departuresMs: brakeOver,
      run: (trial) => {
        const { operator } = trial.world;
        const begin = () => operator.replicaof("127.0.0.1", 1);
        return away(trial, { begin, end: () => operator.replicaof("NO", "ONE") }, awayMs);
      },
    },
    {
      shows: "[P1] [P2] [P9]",
      name: `Redis full for ${seconds(fullMs)}`,
      departuresMs: brakeOver,
      run: (trial) => {
        const { operator } = trial.world;
        const begin = () => operator.config("SET", "maxmemory", "1mb");
        return away(trial, { begin, end: () => operator.config("SET", "maxmemory", "0") }, fullMs);
      },
    },
    {
      shows: "[P2] [P9] [P15]",
      name: "NATS restarted",
      campaignOnly: true,
      departuresMs: brakeOver,
      async run(trial) {
        await trial.world.nats.kill();
        await trial.world.nats.restart();
        trial.healed();
        await trial.comingAndGoing();
      },
    },
    {
      shows: "[P2] [P9] [P15]",
      name: `NATS away for ${seconds(natsAwayMs)}`,
      departuresMs: brakeOver,
      run: (trial) => {
        const { nats } = trial.world;
        return away(trial, { begin: () => nats.kill(), end: () => nats.restart() }, natsAwayMs);
      },
    },
    {
      shows: "[P12]",
      name: "clocks of an edge and a presence replica a day off, one ahead, one behind",
      campaignOnly: true,
      departuresMs: leaseOver,
      async run(trial) {
        const { edges, presence } = trial.world.cluster;
        const skewed = [trial.touch(edges[1]!), trial.touch(presence[0]!)] as const;
        const preload = `--import ${new URL("clock-offset.ts", import.meta.url).href}`;
        await skewed[0].restart({ NODE_OPTIONS: preload, CLOCK_OFFSET_MS: String(DAY_MS) });
        await skewed[1].restart({ NODE_OPTIONS: preload, CLOCK_OFFSET_MS: String(-DAY_MS) });
        await trial.quiet();
        await trial.world.spread();
        trial.healed();
        await trial.comingAndGoing();
        trial.afterwards.push(
          ...skewed.map((service) => () => service.restart({ NODE_OPTIONS: "", CLOCK_OFFSET_MS: "0" })),
        );
      },
    },
    {
      shows: "[P12]",
      name: `Redis's clock ${seconds(jumpMs)} ahead, then back`,
      departuresMs: leaseOver,
      async run(trial) {
        const { world } = trial;
        trial.healed();
        await trial.comingAndGoing();
        await world.jumpRedisClock(jumpMs);
        await trial.lasting(1_000);
        await world.jumpRedisClock(-jumpMs);
      },
    },
  ];
}
