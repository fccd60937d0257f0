/**
 * An agent's page: a stock socket.io-client, with nothing of Rollcall in it.
 *
 *     export TOKEN=$(./rollcall token --user bob --ns /support)
 *     node agent.ts http://127.0.0.1:4000 T-1                                     opens the page of a ticket, until Ctrl-C
 *     node agent.ts http://127.0.0.1:4000 T-1 ticket:typing '{"typing":true}'     sends one message and shows its ack
 *
 * On the page every event of the desk is shown, and durable ones are acknowledged. ID names what is sent.
 */

import { setTimeout } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";

interface Meta {
  traceparent?: string;
  inbox?: { epoch: string; seq: number };
}
interface Ack {
  ok: boolean;
  data?: unknown;
  error?: { code: string; message: string; retryable: boolean; retryAfterMs?: number };
}

const [url, ticket, event, json = "{}"] = process.argv.slice(2);
const MAX_ATTEMPTS = 5;
const room = `ticket:${ticket}`;
const socket: Socket = io(`${url}/support`, { transports: ["websocket"], auth: { token: process.env.TOKEN } });
const ask = (name: string, payload: unknown, meta: unknown = null): Promise<Ack> =>
  socket.timeout(10_000).emitWithAck(name, payload, meta);

// Whoever is refused stays out; whoever lost the network comes back by itself.
socket.on("connect_error", (error) => socket.active || console.log(`refused: ${error.message}`));

async function shown(name: string, payload: unknown, meta: Meta): Promise<void> {
  if (!name.startsWith("ticket:") || event !== undefined) return;
  console.log(name, JSON.stringify(payload));
  if (meta.inbox === undefined) return;
  const { epoch, seq } = meta.inbox;
  const { data } = await ask("inbox:ack", { epoch, seq }, { traceparent: meta.traceparent });
  console.log("acknowledged up to", (data as { ackSeq: number }).ackSeq);
}

async function ready(user: string): Promise<void> {
  const joined = await ask("room:join", { room });
  if (!joined.ok) return console.log("refused:", joined.error?.code);
  if (event === undefined) return console.log(`${user} is on the page of ${ticket}`);
  const payload = event === "ticket:typing" ? { room, data: JSON.parse(json) } : JSON.parse(json);
  // What was not answered in time may have been done: again, but under the same id.
  const id = process.env.ID ?? crypto.randomUUID();
  let ack = await ask(event, payload, { id });
  for (let attempt = 1; ack.error?.retryable === true && attempt < MAX_ATTEMPTS; attempt++) {
    await setTimeout(ack.error.retryAfterMs ?? 200 * attempt);
    ack = await ask(event, payload, { id });
  }
  console.log(JSON.stringify(ack.ok ? ack.data : ack.error));
  socket.disconnect();
}

const failed = (error: unknown) => console.log(`failed: ${String(error)}`);
socket.onAny((name: string, payload: unknown, meta: Meta) => void shown(name, payload, meta).catch(failed));
// First of all events, also after a reconnect: rooms are joined again by whoever wants them.
socket.on("session:ready", ({ user }: { user: string }) => void ready(user).catch(failed));

process.once("SIGINT", () => socket.disconnect());
