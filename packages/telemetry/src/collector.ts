/**
 * A small collector for development and tests: takes OTLP/HTTP JSON, keeps the newest traces, answers questions.
 *
 *     POST /v1/traces             an ExportTraceServiceRequest, gzip allowed
 *     GET  /traces                { traces: id[] }, newest first, at most 100
 *     GET  /traces/<id>           { traceId, spans } or 404
 *     GET  /find?<attribute>=<value>   { traces: id[] }
 *     GET  /health                { ok: true, traces }
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { spansFromOtlp } from "./collected-span.ts";
import { createSpanStore, type SpanStore, type SpanStoreOptions } from "./span-store.ts";

export interface CollectorOptions extends SpanStoreOptions {
  /** Default 0: a free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
}

export interface Collector extends Omit<SpanStore, "add"> {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string;
  port: number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_LISTED = 100;

/** Rejects when the port is taken. */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const { port = 0, host = "127.0.0.1", ...storeOptions } = options;
  const store = createSpanStore(storeOptions);

  const server = createServer((request, response) => {
    handle(store, request).then(
      (answer) => reply(response, answer),
      () => reply(response, { status: 500, body: { error: "unexpected" } }),
    );
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;

  return {
    url: `http://${host}:${address.port}`,
    port: address.port,
    trace: store.trace,
    find: store.find,
    spans: store.spans,
    traces: store.traces,
    clear: store.clear,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Answer {
  status: number;
  body: unknown;
}

async function handle(store: SpanStore, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://collector");
  if (request.method === "POST" && url.pathname === "/v1/traces") return take(store, request);
  request.resume();
  if (request.method !== "GET") return { status: 405, body: { error: "only GET, or POST /v1/traces" } };
  if (url.pathname === "/health") return { status: 200, body: { ok: true, traces: store.traces().length } };
  if (url.pathname === "/traces") return { status: 200, body: { traces: store.traces().slice(0, MAX_LISTED) } };
  if (url.pathname === "/find") {
    const [question] = url.searchParams;
    if (question === undefined) return { status: 400, body: { error: "/find?<attribute>=<value>" } };
    return { status: 200, body: { traces: store.find(question[0], question[1]).slice(0, MAX_LISTED) } };
  }
  const traceId = /^\/traces\/([0-9a-f]{32})$/.exec(url.pathname)?.[1];
  const spans = traceId === undefined ? [] : store.trace(traceId);
  if (spans.length === 0) return { status: 404, body: { error: "no such trace" } };
  return { status: 200, body: { traceId, spans } };
}

async function take(store: SpanStore, request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return { status: 413, body: { error: "too large" } };
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    const raw = Buffer.concat(chunks);
    const gzipped = request.headers["content-encoding"] === "gzip";
    body = JSON.parse((gzipped ? gunzipSync(raw, { maxOutputLength: MAX_BODY_BYTES }) : raw).toString("utf8"));
  } catch {
    return { status: 400, body: { error: "not OTLP JSON" } };
  }
  store.add(spansFromOtlp(body));
  return { status: 200, body: { partialSuccess: {} } };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
}
