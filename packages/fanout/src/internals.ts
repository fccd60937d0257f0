/**
 * Everything that this package touches and its owners do not promise, in one place. Each use is checked when a
 * connection is attached; one that does not look as expected is served by engine.io's public `write` instead.
 *
 * | of | what | why | when it is not there |
 * | --- | --- | --- | --- |
 * | engine.io 6.6 | `conn.transport.socket`, its `_socket` | write past the per-packet machinery, half of a delivery's cost | public `write` |
 * | engine.io 6.6 | `conn.writeBuffer` | is anything queued that must go first? | public `write` |
 * | engine.io 6.6 | event `packetCreate`, before the packet is queued | our bytes go before any later packet | public `write` |
 * | engine.io 6.6 | write option `wsPreEncodedFrame`, without data | one packet for many frames behind queued ones | public `write` |
 * | engine.io 6.6 | `pingIntervalTimer pingTimeoutTimer hasRefreshedPingTimeout onClose` | one timer for all pings | its own timers |
 * | engine.io 6.6 | `conn.request`, transport listener `headers`, the response's listener on the TCP socket | memory | kept as it is |
 * | socket.io 4.8 | `socket.handshake` may be replaced | memory, and no token kept | |
 * | socket.io 4.8 | `socket.acks data flags fns`, `client.sockets nsps` | memory | kept as it is |
 * | engine.io 6.6 | `conn.cleanupFn`; 'error' and 'close' come once to those who asked for one | memory | kept as it is |
 * | Node 24 | `_events` of an emitter; `_peername` of a TCP socket | memory | kept as it is |
 * | Node 24 | `_handle` of a TCP socket: `writeBuffer`, `writeQueueSize`, the class of its requests | a write without a stream's bookkeeping | public `write` |
 * | ws 8 | writes are in the TCP queue when `send` returns (no compression) | the order of both ways of writing | public `write` |
 */

import type { EventEmitter } from "node:events";
import type { Socket as TcpSocket } from "node:net";
import { FewMap } from "@rollcall/runtime";
import type { Socket } from "socket.io";

/** The part of engine.io's `Socket` that is used. */
export interface EngineConnection {
  readonly readyState: string;
  readonly writeBuffer: unknown[];
  readonly transport: TransportLike;
  write(data: string | undefined, options?: object, callback?: () => void): unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
}

interface TransportLike {
  readonly name: string;
  readonly perMessageDeflate?: unknown;
  readonly socket?: WebSocketLike;
  removeAllListeners?(event: string): unknown;
}

interface WebSocketLike extends Partial<Pick<EventEmitter, "listeners" | "removeListener">> {
  readonly readyState: number;
  readonly extensions?: string;
  readonly _socket?: TcpSocket;
}

/** Where to write past engine.io. */
export interface Ports {
  readonly webSocket: WebSocketLike;
  readonly tcp: TcpSocket & { readonly _handle?: TcpHandle | null };
  /** `writeNow` may go past the stream as well: not through TLS. */
  readonly isPlain: boolean;
}

const WEBSOCKET_OPEN = 1;

/** The ports of a connection of the expected shape; undefined: go through engine.io. */
export function portsOf(conn: EngineConnection): Ports | undefined {
  const { transport } = conn;
  const webSocket = transport?.socket;
  const tcp = webSocket?._socket;
  const isKnown =
    transport?.name === "websocket" &&
    !transport.perMessageDeflate &&
    Array.isArray(conn.writeBuffer) &&
    typeof conn.readyState === "string" &&
    typeof webSocket?.readyState === "number" &&
    webSocket.extensions === "" &&
    typeof tcp?.write === "function" &&
    typeof tcp.writableLength === "number" &&
    announcesPackets(conn) &&
    takesEncodedFrames(transport);
  if (!isKnown || webSocket === undefined || tcp === undefined) return undefined;
  return { webSocket, tcp, isPlain: isPlainTcp((tcp as Ports["tcp"])._handle) };
}

/** Our own check before each write that nothing promised by the last full one has changed. Cheap. */
export const isWritable = (ports: Ports): boolean => ports.webSocket.readyState === WEBSOCKET_OPEN;

/** The full check. `queued`: engine.io holds packets, which go first. */
export function stateOf(conn: EngineConnection, ports: Ports): "open" | "queued" | "gone" {
  if (conn.readyState !== "open" || !isWritable(ports)) return "gone";
  return conn.writeBuffer.length === 0 ? "open" : "queued";
}

/** Frames that are already encoded, behind what engine.io holds. `written` is called when the network took them. */
export function writeEncoded(conn: EngineConnection, frames: Buffer, written: () => void): void {
  conn.write(undefined, { wsPreEncodedFrame: [frames], compress: false }, written);
}

/** Under a TCP socket: writes what the network takes, and queues the rest. */
interface TcpHandle {
  /** 0, or the number of an error. */
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
  readonly writeQueueSize: number;
}
/** What is left of a write. Held until `oncomplete`, which comes too when the connection has gone. */
export interface WriteRequest {
  buffer?: Buffer;
  oncomplete?(): void;
}

const isPlainTcp = (handle: TcpHandle | null | undefined): boolean =>
  handle?.constructor.name === "TCP" &&
  typeof handle.writeBuffer === "function" &&
  typeof handle.writeQueueSize === "number";

/** Undefined: not seen yet; null: another Node. */
let Request: (new () => WriteRequest) | null | undefined;
/** For the next write. One that left no rest has not been touched. */
let spare: WriteRequest | undefined;

/**
 * To be called when nothing waits in `tcp`: what is written so does not count in its `writableLength`, and what is
 * written to it later comes later. Undefined: the network took everything, or the stream has it.
 */
export function writeNow({ tcp, isPlain }: Ports, bytes: Buffer): WriteRequest | undefined {
  const handle = isPlain ? tcp._handle : undefined;
  if (handle && Request === undefined) learnRequest(handle);
  // What fails under the stream fails in it as well, and the stream knows what to do then.
  if (!handle || spare === undefined || handle.writeBuffer(spare, bytes) !== 0) {
    tcp.write(bytes);
    return undefined;
  }
  if (handle.writeQueueSize === 0) return undefined;
  const rest = spare;
  rest.buffer = bytes;
  spare = new Request!();
  return rest;
}

/** Node exports no class for requests: it is seen when the stream writes. */
function learnRequest(handle: TcpHandle): void {
  handle.writeBuffer = (request, bytes) => {
    delete (handle as Partial<TcpHandle>).writeBuffer;
    const isKnown = request.constructor.name === "WriteWrap";
    Request = isKnown ? (request.constructor as new () => WriteRequest) : null;
    if (Request !== null) spare = new Request();
    return handle.writeBuffer(request, bytes);
  };
}

export function onPacketCreate(
  conn: EngineConnection,
  listener: (this: EngineConnection, packet: Packet) => void,
): void {
  conn.on("packetCreate", listener);
}
export function offPacketCreate(
  conn: EngineConnection,
  listener: (this: EngineConnection, packet: Packet) => void,
): void {
  conn.off("packetCreate", listener);
}
export interface Packet {
  readonly type: string;
  readonly data?: string | Buffer;
}

const announcing = new WeakMap<object, boolean>();

/** Tried once per engine version on a stand-in: is `packetCreate` told before the packet is queued, then flushed? */
function announcesPackets(conn: EngineConnection): boolean {
  const prototype = Object.getPrototypeOf(conn) as { sendPacket?: (type: string, data: string) => void };
  const known = announcing.get(prototype);
  if (known !== undefined) return known;
  const steps: string[] = [];
  const standIn = {
    readyState: "open",
    writeBuffer: { push: () => steps.push("queued") },
    packetsFn: [],
    emit: (event: string) => steps.push(event),
    flush: () => steps.push("flushed"),
  };
  try {
    prototype.sendPacket?.call(standIn, "message", "x");
  } catch {
    steps.push("threw");
  }
  const announces = steps.join(" ") === "packetCreate queued flushed";
  announcing.set(prototype, announces);
  return announces;
}

function takesEncodedFrames(transport: TransportLike): boolean {
  const check = (transport as { _canSendPreEncodedFrame?: (packet: object) => boolean })._canSendPreEncodedFrame;
  return typeof check === "function" && check.call(transport, { options: { wsPreEncodedFrame: [] } }) === true;
}

/** Of engine.io's ping timers. */
interface PingFields {
  protocol?: number;
  pingIntervalTimer?: NodeJS.Timeout | null;
  pingTimeoutTimer?: object | null;
  hasRefreshedPingTimeout?: boolean;
  onClose?: (reason: string) => void;
}

/** Stops engine.io's own pings. False: this engine has other timers, leave it to them. */
export function takePings(conn: EngineConnection): boolean {
  const fields = conn as PingFields;
  const isKnown =
    fields.protocol === 4 &&
    typeof fields.pingIntervalTimer?.refresh === "function" &&
    fields.pingTimeoutTimer === null &&
    typeof fields.hasRefreshedPingTimeout === "boolean" &&
    typeof fields.onClose === "function";
  if (!isKnown) return false;
  clearTimeout(fields.pingIntervalTimer ?? undefined);
  fields.pingIntervalTimer = null; // at a pong engine.io refreshes it if there is one
  return true;
}

/** engine.io takes `timer` for its own: refreshes it at another packet, once, and forgets it at the pong. */
export function awaitPong(conn: EngineConnection, timer: object): void {
  const fields = conn as PingFields;
  fields.hasRefreshedPingTimeout = false;
  fields.pingTimeoutTimer = timer;
}
export const isPongAwaited = (conn: EngineConnection): boolean => (conn as PingFields).pingTimeoutTimer !== null;

/** As engine.io ends a connection whose pong did not come. */
export function closeForPing(conn: EngineConnection): void {
  if (conn.readyState !== "closed") (conn as PingFields).onClose?.("ping timeout");
}

/** What socket.io reads of the request when a further namespace is joined. One for all. */
const standIns = [false, true].map((encrypted) =>
  Object.freeze({ headers: {}, _query: {}, url: "", connection: Object.freeze({ encrypted }) }),
);
/** The listener by which engine.io's stand-in for a response, and through it the request, hangs on the TCP socket. */
const RESPONSE_LISTENER = '() => this.emit("close")';

/** Websocket connections only: polling needs its request. */
export function releaseRequest(conn: EngineConnection, { tcp, webSocket }: Ports, isSecure: boolean): void {
  for (const listener of tcp.rawListeners("close") as ((() => void) & { listener?: unknown })[]) {
    if (String(listener.listener) === RESPONSE_LISTENER) tcp.removeListener("close", listener);
  }
  for (const listener of (webSocket.listeners?.("error") ?? []) as (() => void)[]) {
    if (listener.name === "onUpgradeError") webSocket.removeListener?.("error", listener);
  }
  conn.transport.removeAllListeners?.("headers"); // polling responses only
  (conn as { request?: unknown }).request = standIns[isSecure ? 1 : 0];
}

/** Read-only by its type alone. */
export function replaceHandshake(socket: Socket, handshake: Socket["handshake"]): void {
  (socket as { handshake: Socket["handshake"] }).handshake = handshake;
}

const NOTHING = Object.freeze({});
/** We never ask a client for an answer; one that a client sends finds nobody who waits. */
const NO_ACKS = Object.assign(new Map<number, () => void>(), {
  set(): never {
    throw new Error("a trimmed socket awaits no answer");
  },
});

/** Lets go of what stands empty for as long as the connection, or with room for more than ever comes. */
export function compact(socket: Socket, conn: EngineConnection, { tcp, webSocket }: Ports): void {
  const sides = socket as unknown as Record<string, unknown>;
  if (sides.acks instanceof Map && sides.acks.size === 0) sides.acks = NO_ACKS;
  for (const name of ["data", "flags"]) if (isEmpty(sides[name])) sides[name] = NOTHING;
  fit(sides, "fns");
  fit(conn as unknown as Record<string, unknown>, "cleanupFn");
  const client = sides.client as Record<string, unknown>;
  for (const name of ["sockets", "nsps"]) client[name] = few(client[name]);
  const callbacks = (client.decoder as { _callbacks?: Record<string, unknown> })._callbacks ?? {};
  for (const event of Object.keys(callbacks)) fit(callbacks, event);
  for (const emitter of [socket, conn, conn.transport, webSocket]) fitListeners(emitter as WithEvents);
  if ("_peername" in tcp) tcp._peername = undefined; // asked for again when needed
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Reflect.ownKeys(value).length === 0;

/** The first `push` gives an array room for 17. */
function fit(holder: Record<string, unknown>, name: string): void {
  const list = holder[name];
  if (Array.isArray(list)) holder[name] = list.slice();
}

function few(map: unknown): unknown {
  if (!(map instanceof Map)) return map;
  const entries = new FewMap<string, unknown>();
  for (const [key, value] of map) entries.set(key, value);
  return entries;
}

interface WithEvents {
  _events?: Record<PropertyKey, Listener | Listener[]>;
}
type Listener = ((...args: never[]) => void) & { listener?: Listener };

/** Listeners by event. As in Node's own table there is nothing to inherit, but this is an object of a few fields. */
const Listeners = function Listeners() {} as unknown as new () => Record<PropertyKey, Listener | Listener[]>;
Listeners.prototype = Object.freeze(Object.create(null));
/** Told once by their emitters: who wanted to hear of them once needs no wrapper that sees to it. */
const LAST: ReadonlySet<PropertyKey> = new Set(["error", "close"]);

function fitListeners(emitter: WithEvents): void {
  const table = emitter._events;
  if (table === undefined || Object.getPrototypeOf(table) !== null) return;
  const fitted = new Listeners();
  for (const event of Reflect.ownKeys(table)) {
    const listeners = table[event]!;
    const bare = LAST.has(event) ? unwrapped : itself;
    fitted[event] = Array.isArray(listeners) ? withMarks(listeners.map(bare), listeners) : bare(listeners);
  }
  emitter._events = fitted;
}

const unwrapped = (listener: Listener): Listener => listener.listener ?? listener;
const itself = (listener: Listener): Listener => listener;

/** Node marks a list that is being told, so that it is not changed meanwhile: a list without the mark would be. */
function withMarks<T extends object>(list: T, original: T): T {
  for (const mark of Object.getOwnPropertySymbols(original)) Reflect.set(list, mark, Reflect.get(original, mark));
  return list;
}
