/**
 * The public port: an HTTP server of our own, because what refuses an upgrade there answers properly (403, 503 with
 * `Retry-After`), and stock Socket.IO behind it, told to take websockets and text only.
 */

import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type NamespaceContract, RollcallError } from "@rollcall/contracts";
import { Server as Engine, type Socket as EngineSocket } from "engine.io";
import { type Socket, Server as SocketServer } from "socket.io";
import { Buckets, take } from "../inbound/bucket.ts";
import { FloodError, textParser } from "../inbound/decoder.ts";
import { connectRule, frameRule } from "../inbound/rules.ts";
import type { Parts } from "../parts.ts";
import type { Session } from "../sessions/session.ts";
import { clientAddress } from "./address.ts";
import { type AdmissionRefusal, admissionRefusal, retryAfterS } from "./admission.ts";
import { type Connected, connect, isFinal } from "./connect.ts";
import { Connections } from "./connections.ts";
import { type OriginRule, originRule } from "./origin.ts";
import { sessionReady } from "./ready.ts";
import { answerPreflight, POLLING_REFUSAL, type Refusal, refuseRequest, refuseUpgrade } from "./refusal.ts";

const PATH = "/socket.io/";
/** A frame above this closes the connection: four times the largest payload, for its envelope and escapes. */
const MAX_FRAME_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** A refusal that is known only after the token closes the transport after so long: clients come back spread. */
const PASSING_MIN_MS = 1_000;
const PASSING_SPREAD_MS = 3_000;

export interface GatewayOptions {
  parts: Parts;
  edge: string;
  tls?: { cert: Buffer; key: Buffer };
  loopDelayMs(): number;
  heapUsedBytes(): number;
  isDraining(): boolean;
  dispatch(session: Session, packet: unknown[]): void;
  closed(session: Session, reason: string, details: unknown): void;
}

export interface Gateway {
  readonly port: number;
  readonly connections: Connections;
  listen(port: number, host: string | undefined): Promise<void>;
  /** Nothing new comes in; what is there stays. */
  stopListening(): void;
  /** Cuts what is left. */
  close(): Promise<void>;
  setCertificate(tls: { cert: Buffer; key: Buffer }): void;
}

const PRUNE_MS = 10_000;

interface Parsed {
  path: string;
  query: URLSearchParams;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { parts } = options;
  const { settings, metrics, logger } = parts;
  const connections = new Connections();
  const isAllowedOrigin: OriginRule = settings.ORIGINS.includes("*") ? () => true : originRule(settings.ORIGINS);

  const engine = new Engine({
    transports: ["websocket"],
    allowUpgrades: false,
    pingInterval: settings.PING_INTERVAL_MS,
    pingTimeout: settings.PING_TIMEOUT_MS,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    httpCompression: false,
  });
  const io = new SocketServer({
    serveClient: false,
    connectTimeout: settings.CONNECT_TIMEOUT_MS,
    parser: textParser(parts.clock, frameRule(settings)),
  });
  const onClosed = function (this: EngineSocket) {
    connections.closed(this);
  };
  engine.on("connection", (conn: EngineSocket) => {
    connections.opened(conn, addressOf(conn.request));
    conn.once("close", onClosed);
  });
  io.bind(engine);

  const addressOf = (request: IncomingMessage) => {
    const forwarded = request.headers["x-forwarded-for"];
    const peer = request.socket.remoteAddress ?? "";
    return clientAddress(peer, Array.isArray(forwarded) ? forwarded.join(",") : forwarded, settings.TRUST_PROXY);
  };

  const attempts = new Buckets();
  const attemptRule = connectRule(settings);
  const now = () => parts.clock.monotonic();
  const pruning = parts.clock.setRepeating(PRUNE_MS, () => attempts.prune(attemptRule, now()));

  /** What passes by itself: stock clients back off and return, spread by the header. */
  function unavailable(code: AdmissionRefusal, waitMs: number): Refusal {
    metrics.connect(code);
    const retryAfter = String(retryAfterS(parts.random.float()) + Math.ceil(waitMs / 1_000));
    return { status: 503, body: { code: 3, message: code }, headers: { "Retry-After": retryAfter } };
  }

  function refusalOf(request: IncomingMessage, url: Parsed | undefined): Refusal | undefined {
    if (url === undefined) return { status: 400, body: { code: 3, message: "Bad request" } };
    if (url.path !== PATH) return { status: 404, body: { code: 3, message: "Not found" } };
    if (request.method !== "GET") return { status: 405, body: { code: 2, message: "Bad handshake method" } };
    if (url.query.get("transport") !== "websocket") return POLLING_REFUSAL;
    if (url.query.get("EIO") !== "4")
      return { status: 400, body: { code: 5, message: "Unsupported protocol version" } };
    if (url.query.has("sid")) return { status: 400, body: { code: 1, message: "Session ID unknown" } };
    const { origin } = request.headers;
    if (origin !== undefined && !isAllowedOrigin(origin)) {
      metrics.connect("FORBIDDEN");
      return { status: 403, body: { code: 4, message: "Forbidden" } };
    }
    const address = addressOf(request);
    const refusal = admissionRefusal(
      {
        draining: options.isDraining(),
        logLive: parts.health.view.fanout === "live",
        connections: connections.count,
        handshakes: connections.handshakes,
        ofAddress: connections.ofAddress(address),
        loopDelayMs: options.loopDelayMs(),
        heapUsedBytes: options.heapUsedBytes(),
      },
      {
        maxConnections: settings.MAX_CONNECTIONS,
        maxHandshakes: settings.MAX_HANDSHAKES,
        maxPerAddress: settings.MAX_CONNECTIONS_PER_ADDRESS,
        maxLoopDelayMs: settings.MAX_LOOP_DELAY_MS,
        maxHeapBytes: settings.MAX_HEAP_MB * 1024 * 1024,
      },
    );
    if (refusal !== undefined) return unavailable(refusal, 0);
    const waitMs = take(attempts.of(address, attemptRule, now()), attemptRule, now());
    return waitMs > 0 ? unavailable("OVERLOADED", waitMs) : undefined;
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", ignoreReset);
    const url = parseUrl(request.url);
    const refusal = refusalOf(request, url);
    if (refusal !== undefined) {
      refuseUpgrade(socket, refusal);
      return;
    }
    // Parsed here, where a malformed one is refused; engine.io would throw on it.
    (request as IncomingMessage & { _query?: Record<string, string> })._query = { transport: "websocket", EIO: "4" };
    engine.handleUpgrade(request as never, socket as never, head);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (parseUrl(request.url)?.path !== PATH) {
      refuseRequest(request, response, { status: 404, body: { code: 3, message: "Not found" } });
      return;
    }
    if (request.method === "OPTIONS") {
      answerPreflight(request, response);
      return;
    }
    refuseRequest(request, response, POLLING_REFUSAL);
    return;
  }

  const httpOptions = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: 1_000,
  };
  const secure = options.tls === undefined ? undefined : createTlsServer({ ...httpOptions, ...options.tls });
  const http: HttpServer = secure ?? createServer(httpOptions);
  http.on("request", onRequest);
  http.on("upgrade", onUpgrade);
  http.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });

  function serve(contract: NamespaceContract): void {
    const namespace = io.of(contract.namespace);
    const pending = new Map<Socket, Connected>();

    namespace.use((socket, next) => {
      const { conn } = socket;
      if (!connections.begin(conn, contract.namespace)) {
        conn.close(); // a second CONNECT while the first is under way: malformed
        return next(new Error("malformed"));
      }
      connect(parts, contract, socket)
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
        .finally(() => connections.end(conn, contract.namespace))
        .catch((error: unknown) => logger.error({ event: "handshake.failed", error }, "a handshake failed"));
    });

    namespace.on("connection", (socket) => {
      const connected = pending.get(socket);
      if (connected === undefined) return void socket.conn.close();
      pending.delete(socket);
      announce(connected);
    });
  }

  function announce({ session, resumed }: Connected): void {
    const { socket } = session;
    connections.established(socket.conn);
    metrics.connect("OK");
    // Neither the token nor the request's headers are of use from here on.
    socket.handshake.auth = {};
    socket.use((packet) => options.dispatch(session, packet));
    socket.on("disconnect", (reason, details) => options.closed(session, reason, details));
    socket.on("error", (error) => {
      // The parser refused a packet; the connection closes by itself.
      session.closing ??= error instanceof FloodError ? "abuse" : "protocol";
    });
    const facts = { edge: options.edge, resumed, nowMs: parts.clock.now(), health: parts.health.view, settings };
    parts.door.emit(session, "session:ready", sessionReady(session, facts));
    parts.lifecycle.announced(session);
  }

  function refuse(socket: Socket, error: RollcallError, next: (error: Error) => void): void {
    metrics.connect(error.code);
    if (error.code === "INTERNAL") logger.error({ event: "handshake.failed", error }, "a handshake failed");
    if (isFinal(error.code)) {
      next(connectError(error));
      return;
    }
    parts.clock.setTimer(PASSING_MIN_MS + parts.random.float() * PASSING_SPREAD_MS, () => {
      socket.conn.close();
      next(error); // nobody hears it: it lets Socket.IO forget the socket
    });
  }

  for (const contract of parts.contracts.namespaces.values()) serve(contract);
  const countUnknown = () => metrics.connect("NAMESPACE_UNKNOWN");
  // Asked for every name that is not declared; refusing it gives Socket.IO's own answer.
  io.of((_name, _auth, next) => {
    countUnknown();
    next(null, false);
  });
  // Socket.IO always has `/`: undeclared, it is answered alike.
  if (!parts.contracts.namespaces.has("/")) {
    io.of("/").use((_socket, next) => {
      countUnknown();
      next(new Error("Invalid namespace"));
    });
  }

  return {
    connections,
    get port() {
      return (http.address() as AddressInfo).port;
    },
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        http.once("error", reject);
        http.listen({ port, host: host ?? "::", backlog: 2_048 }, () => {
          http.off("error", reject);
          http.on("error", (error) => logger.error({ event: "gateway.error", error }, "the public port has an error"));
          resolve();
        });
      }),
    stopListening: () => void http.close(),
    async close() {
      pruning.cancel();
      for (const conn of connections.all()) conn.close(true);
      http.closeAllConnections();
      engine.close();
      if (http.listening) await new Promise<void>((resolve) => http.close(() => resolve()));
    },
    setCertificate: (tls) => secure?.setSecureContext(tls),
  };
}

function parseUrl(url: string | undefined): Parsed | undefined {
  if (url === undefined || !url.startsWith("/") || !URL.canParse(url, "http://edge")) return undefined;
  const { pathname, searchParams } = new URL(url, "http://edge");
  return { path: pathname, query: searchParams };
}

function connectError(error: RollcallError): Error {
  const { code, message, retryable, details } = error.toWire();
  return Object.assign(new Error(code), {
    data: { code, message, retryable, ...(details === undefined ? {} : { details }) },
  });
}

function ignoreReset(): void {
  // A peer that resets its connection is no event: "close" follows.
}
