/** Answers given before there is a Socket.IO connection: plain HTTP on the raw socket of an upgrade, or a response. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  503: "Service Unavailable",
};

export interface Refusal {
  status: 400 | 403 | 404 | 405 | 503;
  body: { code: number; message: string };
  headers?: Record<string, string>;
}

/** What a stock client with default transports meets: the answer must be readable in a browser's console. */
export const POLLING_REFUSAL: Refusal = {
  status: 400,
  body: { code: 0, message: 'Transport unknown: use transports ["websocket"]' },
};

export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(refusal.body);
  const lines = [
    `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status]}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  // `end` lets the answer out; a peer that keeps its half open is cut off by the destroy that follows.
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

/** A page of any origin, with or without credentials, may read the answer. */
const readableBy = (origin: string | undefined): Record<string, string> =>
  origin === undefined
    ? { "Access-Control-Allow-Origin": "*" }
    : { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", Vary: "Origin" };

/** The question a browser asks before a request with headers of its own: yes, so that it can read the refusal. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const asked = request.headers["access-control-request-headers"];
  response.writeHead(204, {
    ...readableBy(request.headers.origin),
    "Access-Control-Allow-Methods": "GET,POST",
    ...(asked === undefined ? {} : { "Access-Control-Allow-Headers": asked }),
    "Content-Length": 0,
  });
  response.end();
}

/** The answer to a plain request, readable for a page of any origin: it holds nothing. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  request.resume();
  const body = JSON.stringify(refusal.body);
  response.writeHead(refusal.status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    ...readableBy(request.headers.origin),
    Connection: "close",
    ...refusal.headers,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
