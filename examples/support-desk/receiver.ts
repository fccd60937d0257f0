/**
 * Where the desk's fallbacks go, for example to a paging service: takes Standard Webhooks and believes no other.
 *
 *     WEBHOOK_SECRET=whsec_... node receiver.ts http://127.0.0.1:4800
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

const { hostname, port } = new URL(process.argv[2] ?? "http://127.0.0.1:4800");
const key = Buffer.from((process.env.WEBHOOK_SECRET ?? "").replace(/^whsec_/, ""), "base64");
const TOLERANCE_S = 300;
const MAX_BYTES = 256 * 1024;
/** The same notice may come twice, under one id: after an answer that got lost. */
const seen = new Set<string>();

function isGenuine(headers: IncomingHttpHeaders, body: Buffer): boolean {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > TOLERANCE_S) return false;
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return String(signatures)
    .split(" ")
    .some((one) => {
      const given = Buffer.from(one.replace(/^v1,/, ""), "base64");
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return void request.destroy();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const genuine = key.length > 0 && isGenuine(request.headers, body);
  response.writeHead(genuine ? 204 : 401).end();
  if (!genuine) return console.log("refused: the signature is wrong");
  const id = String(request.headers["webhook-id"]);
  const { event, user, data } = JSON.parse(body.toString()) as { event: string; user: string; data: unknown };
  if (!seen.has(id)) console.log(`${event} for ${user}: ${JSON.stringify(data)}`);
  seen.add(id);
}

createServer((request, response) => {
  // A connection that breaks, or a body that is no JSON.
  take(request, response).catch((error: unknown) => console.log(`refused: ${String(error)}`));
}).listen(Number(port), hostname, () => console.log("waiting for notices"));
