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
 * | ws 8 | writes are in the TCP queue when `send` returns (no compression) | the order of both ways of writing | public `write` |
 */

import type { EventEmitter } from "node:events";
import type { Socket as TcpSocket } from "node:net";
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
  readonly tcp: TcpSocket;
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
  return isKnown && webSocket !== undefined && tcp !== undefined ? { webSocket, tcp } : undefined;
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
