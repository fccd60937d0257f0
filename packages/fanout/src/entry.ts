/**
 * The codec of log entries: the wire format of `@socket.io/redis-streams-adapter` (a stock emitter or adapter can
 * read it) with our own raw fields beside it, so that a reader knows who is meant before it parses anything.
 *
 *     uid rollcall   nsp <ns>   type 3   data {"packet":{"type":2,"nsp":<ns>,"data":<packet>},"opts":{...}}
 *     tenant <t>   room <targets by space>   mid <id>   tp <traceparent>   ev <event>   [x <except>]   [vol 1]
 *
 * The packet is never parsed here: its text is concatenated in and sliced out. `emit.lua` writes the same.
 * Anything else in the log is poison: it is counted and skipped, never delivered and never thrown at.
 */

import { RollcallError } from "@rollcall/contracts";
import { isSoundPacket, MAX_PACKET_BYTES } from "./packet-text.ts";
import type { LogEntry } from "./seam.ts";

export const EMITTER_UID = "rollcall";

/** Printable ASCII without space, quote and backslash: needs no JSON escape and joins by a space. */
const SAFE_NAME = /^[!#-[\]-~]+$/;
const isSafe = (name: string) => SAFE_NAME.test(name);

const dataHead = (nsp: string) => `{"packet":{"type":2,"nsp":"${nsp}","data":`;
const jsonList = (joined: string) => (joined === "" ? "[]" : `["${joined.replaceAll(" ", '","')}"]`);
const dataTail = (room: string, except: string) =>
  `},"opts":{"rooms":${jsonList(room)},"except":${jsonList(except)},"flags":{}}}`;

/**
 * The fields of `XADD`. Throws `PAYLOAD_TOO_LARGE` when the packet is over its limit and `INTERNAL` when the entry is
 * not one that {@link decodeEntry} would accept: what this returns is never poison.
 */
export function encodeEntry(entry: LogEntry): string[] {
  const { namespace: nsp, targets, except: excepted = [], packetJson, traceparent = "" } = entry;
  if (Buffer.byteLength(packetJson) > MAX_PACKET_BYTES) throw new RollcallError("PAYLOAD_TOO_LARGE");
  const names = [nsp, entry.event, entry.tenant, entry.mid, ...targets, ...excepted];
  if (targets.length === 0 || !names.every(isSafe) || !isSoundPacket(packetJson, entry.event)) {
    throw new RollcallError("INTERNAL", { cause: new Error("not a log entry") });
  }
  const room = targets.join(" ");
  const except = excepted.join(" ");
  const fields = [
    "uid",
    EMITTER_UID,
    "nsp",
    nsp,
    "type",
    "3",
    "data",
    dataHead(nsp) + packetJson + dataTail(room, except),
    "tenant",
    entry.tenant,
    "room",
    room,
    "mid",
    entry.mid,
    "tp",
    traceparent,
    "ev",
    entry.event,
  ];
  if (except !== "") fields.push("x", except);
  if (entry.volatile === true) fields.push("vol", "1");
  return fields;
}

/** Where the packet's text stands among the fields. */
export const DATA_FIELD = 7;

/** What can be known of an entry without touching its packet. */
export type Peeked =
  | { kind: "message"; namespace: string; targets: readonly string[] }
  | { kind: "heartbeat"; edge: string }
  | { kind: "poison" };

const POISON: Peeked = { kind: "poison" };

/** First phase, for every entry: whom it is for. Cheap: the raw fields only, at their known places. */
export function peekTargets(fields: readonly string[]): Peeked {
  if (fields[0] === "hb") return fields.length === 2 ? { kind: "heartbeat", edge: fields[1] ?? "" } : POISON;
  const room = fields[11];
  if (fields[2] !== "nsp" || fields[4] !== "type" || fields[5] !== "3" || fields[10] !== "room" || !room) return POISON;
  return { kind: "message", namespace: fields[3] ?? "", targets: room.includes(" ") ? room.split(" ") : [room] };
}

/** Second phase, for entries someone here wants. Undefined = poison. */
export function decodeEntry(fields: readonly string[]): LogEntry | undefined {
  const peeked = peekTargets(fields);
  if (peeked.kind !== "message") return undefined;
  const [, uid, , nsp, , , dataName, data, tenantName, tenant, , room, midName, mid, tpName, tp, evName, event] =
    fields;
  const named =
    dataName === "data" && tenantName === "tenant" && midName === "mid" && tpName === "tp" && evName === "ev";
  if (!named || uid === undefined || !data || !nsp || !tenant || !room || !mid || tp === undefined || !event) {
    return undefined;
  }
  let except = "";
  let isVolatile = false;
  for (let i = 18; i < fields.length; i += 2) {
    if (fields[i] === "x") except = fields[i + 1] ?? "";
    else if (fields[i] === "vol") isVolatile = fields[i + 1] === "1";
    // further fields belong to a newer minor release
  }
  const head = dataHead(nsp);
  const tail = dataTail(room, except);
  if (!data.startsWith(head) || !data.endsWith(tail) || data.length < head.length + tail.length) return undefined;
  const packetJson = data.slice(head.length, data.length - tail.length);
  if (!isSoundPacket(packetJson, event)) return undefined;
  return {
    tenant,
    namespace: nsp,
    targets: peeked.targets,
    ...(except === "" ? {} : { except: except.split(" ") }),
    event,
    packetJson,
    mid,
    ...(tp === "" ? {} : { traceparent: tp }),
    ...(isVolatile ? { volatile: true } : {}),
  };
}

/** A heartbeat: no `nsp`, so the stock adapter skips it too. */
export const encodeHeartbeat = (edge: string): string[] => ["hb", edge];
