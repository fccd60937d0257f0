/**
 * Proves an installation from inside: a client connects, joins a room, and receives the event that is published to it,
 * once, under the trace it was published with. Prints what it saw and exits with 0, or says what is missing and exits
 * with 1. Settings: `SMOKE_URL`, `SMOKE_TOKEN_FILE`, `SMOKE_NATS_URL_FILE`, `SMOKE_ROOM`, `SMOKE_SUBJECT`,
 * `SMOKE_TYPE`, `SMOKE_EVENT` (its name to clients), `SMOKE_DATA` (JSON); optional `SMOKE_TENANT`, `SMOKE_TRACE` (`off`
 * where services export no spans) and `SMOKE_TIMEOUT_MS` (30000).
 */

import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { createClient } from "@rollcall/client";
import { createPublisher } from "@rollcall/publisher";

function setting(name: string, otherwise?: string): string {
  const value = process.env[name] ?? otherwise;
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}
const fileOf = (name: string) => readFileSync(setting(name), "utf8").trim();

/** The client takes no user from a URL. Servers of a list have the same one; the runtime, which knows more, is not in this image. */
function natsOf(list: string): { servers: string[]; user?: string; pass?: string } {
  const urls = list.split(",").map((url) => new URL(url.includes("://") ? url.trim() : `nats://${url.trim()}`));
  const named = urls.find(({ username }) => username !== "");
  return {
    servers: urls.map(({ protocol, host }) => `${protocol}//${host}`),
    ...(named && { user: decodeURIComponent(named.username), pass: decodeURIComponent(named.password) }),
  };
}

async function smoke(): Promise<void> {
  const signal = AbortSignal.timeout(Number(setting("SMOKE_TIMEOUT_MS", "30000")));
  const url = setting("SMOKE_URL");
  const room = setting("SMOKE_ROOM");
  const [type, from] = [setting("SMOKE_TYPE"), setting("SMOKE_SUBJECT")];
  const data = JSON.parse(setting("SMOKE_DATA", "{}")) as unknown;
  const nc = await connect({ ...natsOf(fileOf("SMOKE_NATS_URL_FILE")), inboxPrefix: "_INBOX_publisher" });
  await using client = createClient({ url, token: () => fileOf("SMOKE_TOKEN_FILE"), client: "rollcall-smoke/1" });
  try {
    const joined = client.room(room);
    await joined.join({ signal });
    console.log(`joined ${room} at ${url}: ${joined.count.get()} there`);

    const [id, trace] = [randomUUID(), randomBytes(16).toString("hex")];
    // Clients see an id made of source and id, so the event is known by its trace; without traces, by its name alone.
    const isTraced = process.env.SMOKE_TRACE !== "off";
    const received = new Promise<void>((resolve, reject) => {
      const late = () =>
        reject(new Error(`event ${id} did not arrive${isTraced ? `, or not under trace ${trace}` : ""}`));
      signal.addEventListener("abort", late, { once: true });
      joined.on(setting("SMOKE_EVENT"), (_data, meta) => {
        if (isTraced ? meta.traceparent?.split("-")[1] === trace : meta.from === undefined) resolve();
      });
    });
    const publisher = createPublisher<Record<string, unknown>>({
      nc,
      source: "/rollcall/smoke",
      events: { smoke: { from, type } },
    });
    const tenant = process.env.SMOKE_TENANT;
    const { stream, sequence } = await publisher.publish("smoke", data, {
      id,
      signal,
      traceparent: `00-${trace}-${randomBytes(8).toString("hex")}-01`,
      ...(tenant === undefined ? {} : { tenant }),
    });
    console.log(`published ${id} to ${stream}, sequence ${sequence}`);
    await received;
    console.log(isTraced ? `received it under trace ${trace}` : "received it");
  } finally {
    await nc.close();
  }
}

try {
  await smoke();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
