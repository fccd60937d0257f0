/**
 * The HTTP server of the public port. It is our own because what refuses an upgrade here answers properly: 403, or 503
 * with `Retry-After`, before anything is made for the connection. What it lets in is handed to engine.io.
 */

import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { Buckets, newBucket, takeAll } from "@rollcall/runtime";
import { connectRule } from "../inbound/rules.ts";
import type { Parts } from "../parts.ts";
import { clientAddress } from "./address.ts";
import { type AdmissionFacts, type AdmissionRefusal, admissionRefusal, retryAfterS } from "./admission.ts";
import { type OriginRule, originRule } from "./origin.ts";
import { answerPreflight, POLLING_REFUSAL, type Refusal, refuseRequest, refuseUpgrade } from "./refusal.ts";

const PATH = "/socket.io/";
const HEADERS_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
const PRUNE_MS = 10_000;
const BACKLOG = 2_048;

export interface Tls {
  cert: Buffer;
  key: Buffer;
}

export interface FrontDoorOptions {
  parts: Parts;
  tls?: Tls;
  /** What decides whether one more connection may begin, but for what is known here. */
  facts(address: string): Omit<AdmissionFacts, "logLive">;
  /** The upgrade may go on. `address`: the client's. */
  admit(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface FrontDoor {
  readonly port: number;
  addressOf(request: IncomingMessage): string;
  /** The websocket minds its errors itself: nothing of ours stays on its socket. */
  leave(request: IncomingMessage): void;
  listen(port: number, host: string | undefined): Promise<void>;
  close(): Promise<void>;
  setCertificate(tls: Tls): void;
}

interface Asked {
  path: string;
  query: URLSearchParams;
}

export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { parts } = options;
  const { settings, metrics, logger, clock } = parts;
  const isAllowedOrigin: OriginRule = settings.ORIGINS.includes("*") ? () => true : originRule(settings.ORIGINS);
  const admissionRule = { perSecond: settings.ADMISSIONS_PER_SECOND };
  const admissions = newBucket(admissionRule, clock.monotonic());
  const attempts = new Buckets();
  const attemptRule = connectRule(settings);
  const pruning = clock.setRepeating(PRUNE_MS, () => attempts.prune(clock.monotonic()));
  const limits = {
    maxConnections: settings.MAX_CONNECTIONS,
    maxHandshakes: settings.MAX_HANDSHAKES,
    maxPerAddress: settings.MAX_CONNECTIONS_PER_ADDRESS,
    maxLoopDelayMs: settings.MAX_LOOP_DELAY_MS,
    maxHeapBytes: settings.MAX_HEAP_MB * 1024 * 1024,
  };

  const addressOf = (request: IncomingMessage) => {
    const forwarded = request.headers["x-forwarded-for"];
    const peer = request.socket.remoteAddress ?? "";
    return clientAddress(peer, Array.isArray(forwarded) ? forwarded.join(",") : forwarded, settings.TRUST_PROXY);
  };

  function refusalOf(request: IncomingMessage): Refusal | undefined {
    const malformed = refusalOfShape(request, parseUrl(request.url));
    if (malformed !== undefined) return malformed;
    const { origin } = request.headers;
    if (origin !== undefined && !isAllowedOrigin(origin)) {
      metrics.connect("FORBIDDEN");
      return { status: 403, body: { code: 4, message: "Forbidden" } };
    }
    const address = addressOf(request);
    const logLive = parts.health.view.fanout === "live";
    const refusal = admissionRefusal({ ...options.facts(address), logLive }, limits);
    if (refusal !== undefined) return unavailable(refusal, 0);
    const nowMs = clock.monotonic();
    const waitMs = takeAll(
      [
        { bucket: admissions, rule: admissionRule, cost: 1 },
        { bucket: attempts.of(address, attemptRule, nowMs), rule: attemptRule, cost: 1 },
      ],
      nowMs,
    );
    return waitMs > 0 ? unavailable("OVERLOADED", waitMs) : undefined;
  }

  /** What passes by itself: stock clients back off and return, spread by the header. */
  function unavailable(code: AdmissionRefusal, waitMs: number): Refusal {
    metrics.connect(code);
    const retryAfter = String(retryAfterS(parts.random.float()) + Math.ceil(waitMs / 1_000));
    return { status: 503, body: { code: 3, message: code }, headers: { "Retry-After": retryAfter } };
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", ignoreReset);
    try {
      const refusal = refusalOf(request);
      if (refusal === undefined) options.admit(request, socket, head);
      else refuseUpgrade(socket, refusal);
    } catch (error) {
      logger.error({ event: "gateway.upgrade_failed", error }, "an upgrade failed");
      socket.destroy();
    }
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (parseUrl(request.url)?.path !== PATH) refuseRequest(request, response, NOT_HERE);
    else if (request.method === "OPTIONS") answerPreflight(request, response);
    else refuseRequest(request, response, POLLING_REFUSAL);
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
  // What has sent no request yet is no connection of ours: bounded by itself, ended by the headers' time.
  http.maxConnections = settings.MAX_CONNECTIONS + 2 * settings.MAX_HANDSHAKES;
  http.on("request", onRequest);
  http.on("upgrade", onUpgrade);
  http.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const status = PARSER_STATUS[error.code ?? ""] ?? "400 Bad Request";
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    else socket.destroy();
  });

  return {
    addressOf,
    leave({ socket }) {
      if (socket.listenerCount("error") > 1) socket.off("error", ignoreReset);
    },
    get port() {
      return (http.address() as AddressInfo).port;
    },
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        http.once("error", reject);
        http.listen({ port, host: host ?? "::", backlog: BACKLOG }, () => {
          http.off("error", reject);
          http.on("error", (error) => logger.error({ event: "gateway.error", error }, "the public port has an error"));
          resolve();
        });
      }),
    async close() {
      pruning.cancel();
      http.closeAllConnections();
      if (http.listening) await new Promise<void>((resolve) => http.close(() => resolve()));
    },
    setCertificate: (tls) => secure?.setSecureContext(tls),
  };
}

/** What Node's parser could not take, by its error code. */
const PARSER_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};
const NOT_HERE: Refusal = { status: 404, body: { code: 3, message: "Not found" } };

/** What no Socket.IO client of today sends. */
function refusalOfShape(request: IncomingMessage, asked: Asked | undefined): Refusal | undefined {
  if (asked === undefined) return { status: 400, body: { code: 3, message: "Bad request" } };
  if (asked.path !== PATH) return NOT_HERE;
  if (request.method !== "GET") return { status: 405, body: { code: 2, message: "Bad handshake method" } };
  if (asked.query.get("transport") !== "websocket") return POLLING_REFUSAL;
  if (asked.query.get("EIO") !== "4")
    return { status: 400, body: { code: 5, message: "Unsupported protocol version" } };
  return asked.query.has("sid") ? { status: 400, body: { code: 1, message: "Session ID unknown" } } : undefined;
}

function parseUrl(url: string | undefined): Asked | undefined {
  const parsed = url?.startsWith("/") === true ? URL.parse(url, "http://edge") : null;
  return parsed === null ? undefined : { path: parsed.pathname, query: parsed.searchParams };
}

function ignoreReset(): void {
  // A peer that resets its connection is no event: "close" follows.
}
