/**
 * A relay of a contract file: from one client to a room, never through code. Without history and without an id it is one
 * append to the log; with either, presence numbers and remembers it. A session's relays stay in the order it sent them.
 */

import { type Issue, isName, type Meta, type RelayContract } from "@rollcall/contracts";
import { type LaneData, roomRules } from "@rollcall/contracts/internal";
import { ATTRIBUTES, during, type Span, startSpan } from "@rollcall/telemetry";
import type { Session } from "../../clients/session.ts";
import { newMeta } from "../../outbound/meta.ts";
import type { Parts } from "../../parts.ts";
import { type Command, command, type Invocation } from "../command.ts";
import { enforced } from "../enforcement.ts";
import { roomResource } from "../room-rights.ts";

interface Relay {
  room: string;
  data: unknown;
}

export function relay(parts: Parts, contract: RelayContract): Command {
  return command<Relay>({
    event: contract.name,
    ...(contract.rate === undefined ? {} : { rate: contract.rate }),
    shape: relayShape,
    allowed: (session, { room }, nowMs) => session.rights.allows(roomResource(room), contract.op, nowMs),
    room: ({ room }) => room,
    roomFits: (room) => contract.allowsRoom(room),
    memberOnly: true,
    conforms: ({ data }) => enforced(parts, contract, inData(contract.validate(data))),
    run: (invocation) => publish(parts, contract, invocation),
  });
}

function relayShape(payload: unknown): { ok: true; value: Relay } | { ok: false; issues: Issue[] } {
  const invalid = (pointer: string, keyword: string, message: string) => ({
    ok: false as const,
    issues: [{ pointer, keyword, message }],
  });
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    return invalid("", "type", "must be object");
  }
  if (!Object.hasOwn(payload, "room")) return invalid("", "required", "must have property room");
  if (!Object.hasOwn(payload, "data")) return invalid("", "required", "must have property data");
  const { room, data } = payload as { room: unknown; data: unknown };
  return isName("room", room) ? { ok: true, value: { room, data } } : invalid("/room", "pattern", "must be a room id");
}

const inData = (issues: Issue[] | undefined) =>
  issues?.map((issue) => ({ ...issue, pointer: `/data${issue.pointer}` }));

function publish(parts: Parts, contract: RelayContract, invocation: Invocation<Relay>): Promise<unknown> {
  const { session, id, span } = invocation;
  const { link } = parts.cellOf(session.ref.tenant);
  const isNumbered = contract.history !== undefined || id !== undefined || session.lanePublishes > 0;
  const emit = startSpan("emit", contract.name, {
    parent: span.traceparent,
    kind: "producer",
    attributes: { [ATTRIBUTES.tenant]: session.ref.tenant, [ATTRIBUTES.namespace]: session.ref.namespace },
  });
  const send = isNumbered && link.health === "live" && session.opened ? throughLane : append;
  return during(emit, () => send(parts, contract, invocation, emit));
}

function metaOf(parts: Parts, { session, payload, id }: Invocation<Relay>, emit: Span): Meta {
  const { user, session: sessionId } = session.ref;
  const traced = emit.sampled && parts.settings.TRACE_TO_CLIENT;
  return newMeta(parts.clock, parts.random, {
    from: { user, session: sessionId },
    room: payload.room,
    ...(id === undefined ? {} : { re: id }),
    ...(traced ? { traceparent: emit.traceparent } : {}),
  });
}

async function append(parts: Parts, contract: RelayContract, invocation: Invocation<Relay>, emit: Span) {
  const { session, payload } = invocation;
  const { tenant, namespace } = session.ref;
  const meta = metaOf(parts, invocation, emit);
  emit.setAttribute(ATTRIBUTES.messageId, meta.id);
  const target = session.roomTarget(payload.room);
  const partition = parts.placement.partitionOf(session.cell, namespace, target);
  const appended = parts.log.append(
    { cell: session.cell, partition },
    {
      tenant,
      namespace,
      targets: [target],
      event: contract.name,
      packetJson: JSON.stringify([contract.name, payload.data, meta]),
      mid: meta.id,
      traceparent: emit.traceparent,
      // With history everyone gets it, the sender too.
      ...(contract.history === undefined ? { except: [session.sessionTarget] } : {}),
      ...(contract.volatile ? { volatile: true } : {}),
    },
  );
  noteAppend(session, appended);
  await appended;
  return { id: meta.id, ts: meta.ts };
}

/** What is sent through the lane later waits for it. */
function noteAppend(session: Session, appended: Promise<unknown>): void {
  const done = appended.then(
    () => undefined,
    () => undefined, // the sender of it is told
  );
  session.lastAppend = done;
  void done.then(() => {
    if (session.lastAppend === done) session.lastAppend = undefined;
  });
}

async function throughLane(parts: Parts, contract: RelayContract, invocation: Invocation<Relay>, emit: Span) {
  const { session, payload, id } = invocation;
  const { link } = parts.cellOf(session.ref.tenant);
  const room = session.contract.room(payload.room)!;
  const dataJson = JSON.stringify(payload.data);
  const metaJson = JSON.stringify(metaOf(parts, invocation, emit));
  session.lanePublishes++;
  try {
    if (session.lastAppend !== undefined) await session.lastAppend;
    const data = await link.submit(
      {
        op: "publish",
        ref: session.ref,
        room: payload.room,
        rules: roomRules(room),
        event: contract.name,
        dataJson,
        metaJson,
        history: contract.history !== undefined,
        traceparent: emit.traceparent,
        ...(id === undefined ? {} : { id }),
      },
      { bytes: 2 * (dataJson.length + metaJson.length) + 512 },
    );
    const { id: mid, ts, seq } = data as Extract<LaneData, { op: "publish" }>;
    emit.setAttribute(ATTRIBUTES.messageId, mid);
    return { id: mid, ts, ...(seq === undefined ? {} : { seq }) };
  } finally {
    session.lanePublishes--;
  }
}
