/**
 * The ack of a join: per stream a delta where the client's version allows one, else a snapshot.
 *
 * The snapshot is read after the join was committed, so it may already hold changes that the log tells later. That is
 * harmless: a diff whose `to` the client has is dropped. It can never lack one that the log told before `position`.
 */

import type { JoinAck, JoinHave, RosterDiff } from "@rollcall/contracts";
import type { JoinFacts, MemberFacts, RoomVersions } from "../store.ts";
import { fitting, memberView } from "./views.ts";

export interface RoomSnapshot extends RoomVersions {
  members: MemberFacts[];
}

export interface JoinAsk {
  room: string;
  have: JoinHave | undefined;
  last: number | undefined;
}

/** Does the roster have to be read? Not when the client has all but its own join. */
export function needsRoster({ have }: JoinAsk, facts: JoinFacts): boolean {
  return !facts.occupancy && rosterDelta(have, facts) === undefined;
}

interface Delta {
  from: number;
  change: JoinFacts["change"];
}

function rosterDelta(have: JoinHave | undefined, facts: JoinFacts): Delta | undefined {
  if (have === undefined || have.epoch !== facts.roomEpoch || have.roster === undefined) return undefined;
  if (have.roster === facts.version) return { from: facts.version, change: undefined };
  if (facts.change !== undefined && have.roster === facts.change.from)
    return { from: have.roster, change: facts.change };
  return undefined;
}

export function joinAck(
  ask: JoinAsk,
  facts: JoinFacts,
  snapshot: RoomSnapshot | undefined,
  options: { stale: boolean; maxBytes: number },
): JoinAck {
  const now = snapshot ?? facts;
  const sameLife = ask.have !== undefined && ask.have.epoch === now.roomEpoch;
  const roster = rosterOf(ask, facts, snapshot, options.maxBytes);
  const state = { version: now.stateVersion };
  const history = { seq: now.seq };
  const continued = [ask.have?.roster === undefined || roster.continued];
  const { continued: _, ...rosterAck } = roster;
  return {
    room: ask.room,
    epoch: now.roomEpoch,
    resumed: sameLife && continued.every(Boolean),
    mode: now.occupancy ? "occupancy" : "roster",
    count: now.count,
    roster: rosterAck,
    state,
    history,
    ...(options.stale ? { stale: true } : {}),
  };
}

function rosterOf(ask: JoinAsk, facts: JoinFacts, snapshot: RoomSnapshot | undefined, maxBytes: number) {
  const { room, have } = ask;
  const now = snapshot ?? facts;
  if (now.occupancy) {
    return { version: now.version, continued: have?.epoch === now.roomEpoch && have.roster !== undefined };
  }
  const sameLife = now.roomEpoch === facts.roomEpoch;
  const delta = sameLife ? rosterDelta(have, facts) : undefined;
  if (delta !== undefined) {
    const { version, count, roomEpoch: epoch } = facts;
    const member = delta.change === undefined ? {} : { [delta.change.kind]: [JSON.parse(delta.change.member)] };
    const diff: RosterDiff = { room, epoch, from: delta.from, to: version, ...member, count };
    return { version, delta: diff, continued: true };
  }
  const all = snapshot?.members ?? [];
  const members = fitting(all.map(memberView), maxBytes);
  const more = members.length < now.count;
  return { version: now.version, members, ...(more ? { next: members.at(-1)!.user } : {}), continued: false };
}
