/**
 * Stock Socket.IO behind the front door, told to take websockets and text only: connections become sessions here, and
 * refusals become CONNECT_ERROR packets or closed transports.
 */

import { LIMITS, RollcallError } from "@rollcall/contracts";
import { trimConnection } from "@rollcall/fanout";
import { Server as Engine, type Socket as EngineSocket } from "engine.io";
import { type Socket, Server as SocketServer } from "socket.io";
import { type Session, sessionOf } from "../clients/session.ts";
import { FloodError, textParser } from "../inbound/decoder.ts";
import { frameRule } from "../inbound/rules.ts";
import type { Parts } from "../parts.ts";
import { type Connected, connect, isFinal } from "./connect.ts";
import { Connections } from "./connections.ts";
import { createFrontDoor, type Tls } from "./front-door.ts";
import { NoRooms } from "./no-rooms.ts";
import { sessionReady } from "./ready.ts";
import { BoundedWebSockets } from "./websockets.ts";

/** A refusal that is known only after the token closes the transport after so long: clients come back spread. */
const PASSING_MIN_MS = 1_000;
const PASSING_SPREAD_MS = 3_000;
/** Socket.IO's own words. */
const UNKNOWN_NAMESPACE = "Invalid namespace";

export interface GatewayOptions {
  parts: Parts;
  edge: string;
  tls?: Tls;
  loopDelayMs(): number;
  heapUsedBytes(): number;
  isDraining(): boolean;
  dispatch(session: Session, packet: unknown[]): void;
  closed(session: Session, reason: string, details: unknown): void;
}

export interface Gateway {
  readonly port: number;
  /** Open ones, with a session or without. */
  readonly connections: number;
  /** The contracts were swapped: namespaces that are new are served. */
  declare(): void;
  listen(port: number, host: string | undefined): Promise<void>;
  /** Cuts what is left. */
  close(): Promise<void>;
  setCertificate(tls: Tls): void;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { parts } = options;
  const { settings, metrics, logger } = parts;
  const connections = new Connections();

  const engine = new Engine({
    transports: ["websocket"],
    allowUpgrades: false,
    pingInterval: settings.PING_INTERVAL_MS,
    pingTimeout: settings.PING_TIMEOUT_MS,
    maxHttpBufferSize: LIMITS.frameBytes,
    perMessageDeflate: false,
    httpCompression: false,
    wsEngine: BoundedWebSockets,
  });
  const io = new SocketServer({
    serveClient: false,
    adapter: NoRooms,
    connectTimeout: settings.CONNECT_TIMEOUT_MS,
    parser: textParser(parts.clock, frameRule(settings)),
  });
  const onClosed = function (this: EngineSocket) {
    connections.closed(this);
  };
  const frontDoor = createFrontDoor({
    parts,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    facts: (address) => ({
      draining: options.isDraining(),
      connections: connections.count,
      handshakes: connections.handshakes,
      ofAddress: connections.ofAddress(address),
      loopDelayMs: options.loopDelayMs(),
      heapUsedBytes: options.heapUsedBytes(),
    }),
    admit(request, socket, head) {
      // Parsed and checked at the door; engine.io would throw on a malformed one.
      const known = Object.assign(request, { _query: { transport: "websocket", EIO: "4" } });
      engine.handleUpgrade(known as never, socket as never, head);
    },
  });
  engine.on("connection", (conn: EngineSocket) => {
    connections.opened(conn, frontDoor.addressOf(conn.request));
    conn.on("close", onClosed);
  });
  io.bind(engine);

  const served = new Set<string>();
  function serve(name: string): void {
    if (served.has(name)) return;
    served.add(name);
    const namespace = io.of(name);
    const pending = new Map<Socket, Connected>();

    namespace.use((socket, next) => {
      const { conn } = socket;
      if (!connections.begin(conn, name)) {
        conn.close(); // a second CONNECT while the first is under way: malformed
        return next(new Error("malformed"));
      }
      connect(parts, name, socket)
        .then(
          (connected) => {
            pending.set(socket, connected);
            next();
            // Closed in the meantime: Socket.IO drops the socket without a word.
            parts.clock.immediate(() => {
              if (pending.delete(socket)) parts.lifecycle.abandoned(connected.session);
            });
          },
          (error: unknown) => refuse(socket, RollcallError.from(error), next),
        )
        .finally(() => connections.end(conn, name))
        .catch((error: unknown) => logger.error({ event: "handshake.failed", error }, "a handshake failed"));
    });

    namespace.on("connection", (socket) => {
      const connected = pending.get(socket);
      if (connected === undefined) return void socket.conn.close();
      pending.delete(socket);
      announce(connected);
    });
  }

  // For all sockets: a closure each would be kept as long as the connection.
  function onDisconnect(this: Socket, reason: string, details: unknown): void {
    const session = sessionOf(this);
    if (session !== undefined) options.closed(session, reason, details);
  }
  /** The parser refused a packet; the connection closes by itself. */
  function onError(this: Socket, error: unknown): void {
    const session = sessionOf(this);
    if (session !== undefined) session.closing ??= error instanceof FloodError ? "abuse" : "protocol";
  }

  function announce({ session, resumed }: Connected): void {
    const { socket } = session;
    // With its first session a connection lets its request go.
    if (connections.established(socket.conn)) frontDoor.leave(socket.request);
    metrics.connect("OK");
    socket.use((packet) => options.dispatch(session, packet));
    socket.on("disconnect", onDisconnect);
    socket.removeAllListeners("error"); // socket.io's own does nothing
    socket.on("error", onError);
    // Neither the token nor the request is of use from here on: each would be kept as long as the connection.
    trimConnection(socket);
    const facts = { edge: options.edge, resumed, nowMs: parts.clock.now(), health: parts.health.view, settings };
    parts.door.emit(session, "session:ready", sessionReady(session, facts));
    parts.lifecycle.announced(session);
  }

  function refuse(socket: Socket, error: RollcallError, next: (error: Error) => void): void {
    metrics.connect(error.code);
    if (error.code === "INTERNAL") logger.error({ event: "handshake.failed", error }, "a handshake failed");
    if (error.code === "NAMESPACE_UNKNOWN") {
      next(new Error(UNKNOWN_NAMESPACE));
      return;
    }
    if (isFinal(error.code)) {
      next(connectError(error));
      return;
    }
    parts.clock.setTimer(PASSING_MIN_MS + parts.random.float() * PASSING_SPREAD_MS, () => {
      socket.conn.close();
      next(error); // nobody hears it: it lets Socket.IO forget the socket
    });
  }

  // Socket.IO always has `/`: undeclared, it is answered like any other that does not exist.
  serve("/");
  const declare = () => {
    for (const name of parts.contracts.current.namespaces.keys()) serve(name);
  };
  declare();
  // Asked for every name that is not served; refusing it gives Socket.IO's own answer.
  io.of((_name, _auth, next) => {
    metrics.connect("NAMESPACE_UNKNOWN");
    next(null, false);
  });

  return {
    get port() {
      return frontDoor.port;
    },
    get connections() {
      return connections.count;
    },
    declare,
    listen: frontDoor.listen,
    setCertificate: frontDoor.setCertificate,
    async close() {
      for (const conn of connections.all()) conn.close(true);
      engine.close();
      await frontDoor.close();
    },
  };
}

function connectError(error: RollcallError): Error {
  const { code, message, retryable, details } = error.toWire();
  return Object.assign(new Error(code), {
    data: { code, message, retryable, ...(details === undefined ? {} : { details }) },
  });
}
