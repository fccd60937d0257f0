/**
 * The backend of the support desk: answers the commands of contracts/tickets.yaml and publishes the events. A plain NATS
 * client, with nothing of Rollcall in it; backend-py/main.py is the same in Python.
 *
 *     NATS_URL=nats://127.0.0.1:4622 node backend-ts/main.ts
 *
 * A command may come again under the same id (the client did not get its answer): what was decided stays decided, and
 * its events go out under the ids they had, so that nothing is delivered twice.
 */

import { jetstream } from "@nats-io/jetstream";
import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";

interface Ticket {
  status: "open" | "solved";
  replies: number;
}

interface Caller {
  tenant: string;
  user: string;
  /** Unique with tenant and user; equal in repeats. */
  id: string;
  traceparent: string;
}

interface Outcome {
  answer: object;
  event: { action: "replied" | "assigned"; data: object };
  /** What the ticket's page shows. */
  state?: { key: string; value: unknown };
}

/** Codes are of Rollcall's catalogue: CONFLICT, because what the agent saw does not hold any more. */
class Refusal extends Error {
  readonly code = "CONFLICT";
}

const SOURCE = "/desk/backend";
const MAX_REMEMBERED = 10_000;

const nc = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4622" });
const js = jetstream(nc);
const install = process.env.INSTALL ?? "rollcall";
const tickets = new Map<string, Ticket>([
  ["T-1", { status: "open", replies: 0 }],
  ["T-2", { status: "open", replies: 0 }],
  ["T-9", { status: "solved", replies: 4 }],
]);
const decided = new Map<string, Outcome>();

const commands = {
  reply({ ticket, text }: { ticket: string; text: string }, { user }: Caller): Outcome {
    const number = ++openTicket(ticket).replies;
    return { answer: { ticket, number }, event: { action: "replied", data: { ticket, text, number, by: user } } };
  },
  assign({ ticket, assignee }: { ticket: string; assignee: string }, { user }: Caller): Outcome {
    openTicket(ticket);
    return {
      answer: { ticket, assignee },
      event: { action: "assigned", data: { ticket, assignee, by: user } },
      state: { key: "assignee", value: assignee },
    };
  },
  take: ({ ticket }: { ticket: string }, caller: Caller) => commands.assign({ ticket, assignee: caller.user }, caller),
};

function openTicket(id: string): Ticket {
  const ticket = tickets.get(id);
  if (ticket === undefined) throw new Refusal(`there is no ticket ${id}`);
  if (ticket.status === "solved") throw new Refusal(`${id} is solved: open it again first`);
  return ticket;
}

for (const [name, decide] of Object.entries(commands)) {
  nc.subscribe(`commands.ticket.${name}`, {
    queue: "support-desk",
    callback: (error, request) => {
      if (error === null) void answer(request, decide as (data: unknown, caller: Caller) => Outcome);
    },
  });
}
await nc.flush();
console.log(`answering ${Object.keys(commands).join(", ")} on ${nc.getServer()}`);

async function answer(request: Msg, decide: (data: unknown, caller: Caller) => Outcome): Promise<void> {
  const caller = callerOf(request.headers!);
  try {
    const outcome = remembered(`${caller.tenant} ${caller.user} ${caller.id}`, () => decide(request.json(), caller));
    await publish(outcome, caller);
    request.respond(JSON.stringify(outcome.answer));
  } catch (error) {
    const code = error instanceof Refusal ? error.code : "UNAVAILABLE";
    const reply = headers();
    reply.set("rollcall-error", code);
    request.respond(JSON.stringify({ message: error instanceof Refusal ? error.message : "try again" }), {
      headers: reply,
    });
    if (code === "UNAVAILABLE") console.error(error);
  }
}

function callerOf(fields: MsgHdrs): Caller {
  const get = (name: string) => fields.get(name);
  return {
    tenant: get("rollcall-tenant"),
    user: get("rollcall-user"),
    id: get("rollcall-id"),
    traceparent: get("traceparent"),
  };
}

function remembered(key: string, decide: () => Outcome): Outcome {
  const known = decided.get(key);
  if (known !== undefined) return known;
  const outcome = decide();
  decided.set(key, outcome);
  if (decided.size > MAX_REMEMBERED) decided.delete(decided.keys().next().value!);
  return outcome;
}

/** Rejects unless all of it has been taken; done again under the same ids it changes nothing. */
async function publish({ event, state }: Outcome, { tenant, user, id, traceparent }: Caller): Promise<void> {
  const eventId = `${user}.${id}`;
  const fields = headers();
  fields.set("ce-specversion", "1.0");
  fields.set("ce-id", eventId);
  fields.set("ce-source", SOURCE);
  fields.set("ce-type", `desk.ticket.${event.action}`);
  fields.set("ce-time", new Date().toISOString());
  fields.set("content-type", "application/json");
  fields.set("traceparent", traceparent);
  await js.publish(`events.${tenant}.tickets.${event.action}`, JSON.stringify(event.data), {
    headers: fields,
    msgID: `${tenant} ${eventId}`,
    timeout: 2_000,
  });
  if (state === undefined) return;
  const { ticket } = event.data as { ticket: string };
  const patch = {
    namespace: "/support",
    room: `ticket:${ticket}`,
    ops: [{ op: "set", ...state }],
    id: eventId.slice(-64).replaceAll(/[^A-Za-z0-9_-]/g, "-"),
  };
  const reply = await nc.request(`${install}.v1.${tenant}.room.patch`, JSON.stringify(patch), { timeout: 2_000 });
  const { ok, error } = reply.json<{ ok: boolean; error?: { code: string } }>();
  if (!ok) throw new Error(`room.patch: ${error?.code}`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void nc.drain());
await nc.closed();
