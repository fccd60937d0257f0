/**
 * The internal port: `/livez` (the process runs), `/readyz` (it can do its work), `/startupz` (it has once been ready)
 * and `/metrics`. Plain `node:http`, because nothing that arrives here may end the process or be held in memory.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "./clock.ts";
import { formatOf } from "./exposition.ts";
import type { Metrics } from "./metrics.ts";
import type { Need } from "./needs.ts";
import { createReadiness } from "./readiness.ts";

export interface InternalServerOptions {
  port: number;
  host?: string;
  checks: {
    live?: () => boolean;
    /** What the work needs and has not. */
    ready: () => readonly Need[] | Promise<readonly Need[]>;
    startup?: () => boolean;
  };
  metrics: Metrics;
  clock: Clock;
}

export interface InternalServer {
  port: number;
  url: string;
  /** What `/readyz` says now. */
  isReady(): boolean;
  /** `/readyz` is 503 from this moment on: the first thing of a shutdown. */
  setDraining(): void;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 256;

export async function startInternalServer(options: InternalServerOptions): Promise<InternalServer> {
  const { checks, metrics, clock } = options;
  const readiness = createReadiness({ check: checks.ready, clock });

  const probe = (response: ServerResponse, good: boolean, unmet: readonly Need[] = []) => {
    const why = unmet.length === 0 ? "" : `: ${unmet.join(", ")}`;
    reply(response, good ? 200 : 503, "text/plain; charset=utf-8", good ? "ok\n" : `not ok${why}\n`);
  };

  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
  server.maxConnections = MAX_CONNECTIONS;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    request.resume(); // a body is nobody's business, and unread it would hold the connection
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return reply(response, 405, "text/plain; charset=utf-8", "only GET\n");
    }
    switch (request.url?.split("?", 1)[0]) {
      case "/livez":
        return probe(response, checks.live?.() ?? true);
      case "/readyz":
        return probe(response, readiness.isReady(), readiness.unmet());
      case "/startupz":
        return probe(response, checks.startup?.() ?? readiness.wasReady(), readiness.unmet());
      case "/metrics": {
        const format = formatOf(request.headers.accept);
        metrics.render(format).then(
          (body) => reply(response, 200, format, body),
          () => reply(response, 500, "text/plain; charset=utf-8", "metrics cannot be rendered\n"),
        );
        return;
      }
      default:
        return reply(response, 404, "text/plain; charset=utf-8", "not here\n");
    }
  };
  server.on("request", (request, response) => {
    try {
      answer(request, response);
    } catch {
      reply(response, 500, "text/plain; charset=utf-8", "not ok\n"); // a check that throws is one that fails
    }
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });

  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  // A service must not end because of its probes: after listening, accept errors are the kernel's passing troubles.
  server.removeAllListeners("error").on("error", () => {});

  return {
    port,
    url: `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`,
    isReady: readiness.isReady,
    setDraining: readiness.setDraining,
    async close() {
      readiness.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
