/**
 * An agent's page: a stock socket.io-client, with nothing of Rollcall in it.
 *
 *     export TOKEN=$(./rollcall token --user bob --ns /support)
 *     node agent.ts http://127.0.0.1:4000 T-1                                     opens the page of a ticket, until Ctrl-C
 *     node agent.ts http://127.0.0.1:4000 T-1 ticket:typing '{"typing":true}'     sends one message and shows its ack
 *
 * On the page every event of the desk is shown, and durable ones are acknowledged. ID makes what is sent repeatable.
 */

import { io, type Socket } from "socket.io-client";

interface Meta {
  traceparent?: string;
  inbox?: { epoch: string; seq: number };
}
interface Ack {
  ok: boolean;
  data?: unknown;
  error?: { code: string; message: string };
}

const [url, ticket, event, json = "{}"] = process.argv.slice(2);
const room = `ticket:${ticket}`;
const socket: Socket = io(`${url}/support`, { transports: ["websocket"], auth: { token: process.env.TOKEN } });
const ask = (name: string, payload: unknown, meta: unknown = null): Promise<Ack> =>
  socket.timeout(10_000).emitWithAck(name, payload, meta);

socket.on("connect_error", (error) => console.log(`refused: ${error.message}`));

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
  const payload = JSON.parse(json);
  const ack = await ask(event, event === "ticket:typing" ? { room, data: payload } : payload, { id: process.env.ID });
  console.log(JSON.stringify(ack.ok ? ack.data : ack.error));
  socket.disconnect();
}

const failed = (error: unknown) => console.log(`failed: ${String(error)}`);
socket.onAny((name: string, payload: unknown, meta: Meta) => void shown(name, payload, meta).catch(failed));
// First of all events, also after a reconnect: rooms are joined again by whoever wants them.
socket.on("session:ready", ({ user }: { user: string }) => void ready(user).catch(failed));

process.once("SIGINT", () => socket.disconnect());
