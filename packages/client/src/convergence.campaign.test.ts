/**
 * 200 clients of one room on three edges, who write for a minute while edges and presence replicas are killed in turn. At
 * the end each client shows what the server has, and so what every other one shows. Bounds are those of production.
 */

import { loadavg } from "node:os";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { systemClock } from "@rollcall/runtime";
import { ask, type Cluster, startCluster } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { createCrowd, type Visitor } from "../test/crowd.ts";
import { systemClock as clientClock } from "./clock.ts";
import { canonical } from "./fold.ts";
import type { Entry, Member, MembersPage, StatePage } from "./wire.ts";

const ROOM = "doc:crowd";
const CLIENTS = 200;
const WRITES_MS = 60_000;
const KILL_EVERY_MS = 6_000;

/** What a backend reads of the room: every page of its roster and its state. */
async function truth(nc: NatsConnection, { install }: Cluster) {
  const members: Member[] = [];
  const entries: Entry[] = [];
  const base = { namespace: "/", room: ROOM };
  let roster: MembersPage | undefined;
  do {
    roster = await ask<MembersPage>(nc, "room.members", { ...base, cursor: roster?.next }, { install });
    members.push(...roster.members);
  } while (roster.next !== undefined);
  let state: StatePage | undefined;
  do {
    state = await ask<StatePage>(nc, "room.state", { ...base, cursor: state?.next }, { install });
    entries.push(...state.entries);
  } while (state.next !== undefined);
  const { seq } = await ask<{ seq: number }>(nc, "room.history", { ...base, limit: 1 }, { install });
  return { epoch: roster.epoch, roster, state, members, entries, seq };
}

it.each([1, 2, 3])(
  "[P3] [P6] [P7] [P8] 200 clients, a minute of writes, deaths in turn: all equal the server (seed %i)",
  async (seed) => {
    await using cluster = await startCluster({
      edges: 3,
      presence: 2,
      notifiers: 0,
      traces: false,
      scaled: false,
      readyTimeoutMs: 240_000,
      contractsDir: new URL("../test/contracts", import.meta.url).pathname,
    });
    await using crowd = createCrowd({
      room: ROOM,
      users: Array.from({ length: CLIENTS }, (_, i) => `user-${i}`),
      urls: () => cluster.edges.filter((edge) => edge.running()).map((edge) => edge.url),
      token: (user) => cluster.keys.token({ user }),
      clock: clientClock,
      seed,
    });
    await crowd.live(120_000);
    const victims = [...cluster.edges, ...cluster.presence];
    const killed = { edge: 0, presence: 0, notifier: 0 };
    let over = false;
    const kills = (async () => {
      for (let i = seed; !over; i++) {
        await systemClock.sleep(KILL_EVERY_MS);
        const victim = victims[i % victims.length]!;
        await victim.kill("SIGKILL");
        await victim.restart();
        killed[victim.kind]++;
      }
    })();
    await crowd.busy(WRITES_MS);
    over = true;
    await kills;
    const startedAtMs = systemClock.monotonic();
    await crowd.converge(120_000);
    const tookMs = systemClock.monotonic() - startedAtMs;

    const nc = await connect({ servers: cluster.natsUrl });
    const { epoch, roster, state, members, entries, seq } = await truth(nc, cluster);
    await nc.close();
    for (const { room, user } of crowd.visitors) {
      const shown = canonical(room.view()!);
      expect([shown.epoch, shown.roster.version, shown.state.version, shown.seq], user).toEqual([
        epoch,
        roster.version,
        state.version,
        seq,
      ]);
      expect(shown.roster.members, user).toEqual(members.toSorted((a, b) => (a.user < b.user ? -1 : 1)));
      expect(shown.state.entries, user).toEqual(entries.toSorted((a, b) => (a.key < b.key ? -1 : 1)));
    }
    const sum = (of: (visitor: Visitor) => number) => crowd.visitors.reduce((all, visitor) => all + of(visitor), 0);
    console.log(
      JSON.stringify({
        seed,
        clients: crowd.visitors.length,
        edgesKilled: killed.edge,
        presenceKilled: killed.presence,
        reconnects: sum((visitor) => visitor.connects() - 1),
        stateVersion: state.version,
        rosterVersion: roster.version,
        seq,
        missed: sum((visitor) => visitor.missed()),
        equalAfterMs: Math.round(tookMs),
        load: loadavg()[0],
      }),
    );
  },
);
