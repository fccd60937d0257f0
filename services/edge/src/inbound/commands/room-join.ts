/**
 * `room:join`: a membership, its snapshot, and from the ack on everything that happens in the room. A second join is a
 * resume: the session keeps receiving, the ack is a point in what it receives anyway.
 */

import { type JoinHave, RollcallError } from "@rollcall/contracts";
import { type LaneData, roomRules } from "@rollcall/contracts/internal";
import type { JoinAttempt, Session } from "../../clients/session.ts";
import { resyncOf } from "../../outbound/resync.ts";
import { targetKey } from "../../outbound/room-key.ts";
import type { Parts } from "../../parts.ts";
import { type Command, command, type Invocation } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { refuseRevoked } from "../revocation.ts";
import { roomResource } from "../room-rights.ts";
import { infoIssues } from "./info.ts";

interface Join {
  room: string;
  info?: unknown;
  observe?: boolean;
  grant?: string;
  have?: JoinHave;
  last?: number;
}

type JoinData = Extract<LaneData, { op: "join" }>;

export function roomJoin(parts: Parts): Command {
  return command<Join>({
    event: "room:join",
    ackRequired: true,
    shape: coreShape("room:join"),
    prepare: (session, { room, grant }) => (grant === undefined ? undefined : useGrant(parts, session, room, grant)),
    allowed: (session, { room, observe = false }, nowMs) => mayJoin(session, room, observe, nowMs),
    room: ({ room }) => room,
    conforms: ({ info }, contract) => infoIssues(info, contract),
    run: (invocation) => join(parts, invocation),
  });
}

const mayJoin = (session: Session, room: string, observe: boolean, nowMs: number) =>
  session.rights.allows(roomResource(room), observe ? "observe" : "join", nowMs);

/** From now on it gets what the room gets; a session that reads too slowly, when it has caught up. */
function receive({ delivery }: Parts, session: Session, target: string): void {
  if (!session.pressed) delivery.join(session.member, target);
}

async function useGrant(parts: Parts, session: Session, room: string, grant: string): Promise<void> {
  const granted = await parts.verifier.verify(grant);
  const { tenant, user, namespace } = session.ref;
  const isOurs = granted.user === user && granted.tenant === tenant && granted.namespaces.includes(namespace);
  if (!isOurs) throw new RollcallError("AUTH_INVALID");
  await refuseRevoked(parts, session, granted, room);
  if (!session.rights.grant(room, granted)) throw new RollcallError("LIMIT_EXCEEDED", { details: { limit: "grants" } });
  if (session.live) parts.lifecycle.reschedule(session);
}

function ended(session: Session, attempt: JoinAttempt): void {
  session.joining?.delete(attempt);
  if (session.joining?.size === 0) session.joining = undefined;
}

async function join(parts: Parts, invocation: Invocation<Join>): Promise<unknown> {
  const { session, payload, id, span } = invocation;
  const { room, observe = false, info, have, last } = payload;
  const contract = session.contract.room(room)!; // declared: the dispatcher has seen to it
  if (!session.rooms.has(room) && session.rooms.size + (session.joining?.size ?? 0) >= session.limits.rooms) {
    throw new RollcallError("LIMIT_EXCEEDED", { details: { limit: "rooms" } });
  }
  const { gate, lifecycle, door, clock } = parts;
  const { link, readPosition } = parts.cellOf(session.ref.tenant);
  const target = session.roomTarget(room);
  const attempt: JoinAttempt = { room, cancelled: false };
  const joiner = session.rooms.has(room) ? undefined : gate.open(targetKey(session.ref.namespace, target), session);
  (session.joining ??= new Set()).add(attempt);

  const enter = ({ ack, position }: JoinData) => {
    ended(session, attempt);
    if (!session.live || attempt.cancelled) return;
    invocation.answer(ack);
    parts.metrics.joined(ack.count);
    const wasMember = session.rooms.has(room);
    lifecycle.memberships.joined(session, room, { observe });
    if (joiner !== undefined && wasMember) {
      gate.close(joiner); // another join of the same room was answered first: it receives already
    } else if (joiner !== undefined) {
      const partition = parts.placement.partitionOf(session.cell, session.ref.namespace, target);
      const { follow, live, lost } = gate.admit(joiner, position, readPosition(partition));
      for (const entry of follow) door.follow(session, entry);
      if (live) receive(parts, session, target);
      if (lost) door.emit(session, "room:resync", resyncOf(room, "overflow"), { room });
    }
    if (!mayJoin(session, room, observe, clock.now())) lifecycle.memberships.remove(session, room, "forbidden");
  };
  const stay = () => {
    ended(session, attempt);
    if (joiner !== undefined) gate.close(joiner);
  };

  const data = await link.submit(
    {
      op: "join",
      ref: session.ref,
      room,
      rules: roomRules(contract),
      observe,
      issuedAtMs: session.rights.newestIssue(roomResource(room), observe ? "observe" : "join", clock.now()),
      traceparent: span.traceparent,
      ...(id === undefined ? {} : { id }),
      ...(info === undefined ? {} : { info }),
      ...(have === undefined ? {} : { have }),
      ...(last === undefined ? {} : { last }),
    },
    { applied: (applied) => enter(applied as JoinData), refused: stay },
  );
  return (data as JoinData).ack;
}
