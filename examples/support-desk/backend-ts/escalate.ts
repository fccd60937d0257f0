/**
 * The nightly job of the support desk, for one ticket: publishes ticket:escalated, like any backend that nobody asked.
 *
 *     node backend-ts/escalate.ts T-1 30 lea            the ticket, the hours it has waited, the lead on duty
 *     node backend-ts/escalate.ts T-1 30 lea gold       and the customer's tier
 */

import { jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";

const [ticket, hours, lead, tier] = process.argv.slice(2);
const data = { ticket, waitedHours: Number(hours), leads: [lead], ...(tier === undefined ? {} : { tier }) };
/** Of what it is about, so that the job may run twice. */
const id = `${ticket}-waited-${hours}h`;

const nc = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4622" });
const fields = headers();
fields.set("ce-specversion", "1.0");
fields.set("ce-id", id);
fields.set("ce-source", "/desk/escalation");
fields.set("ce-type", "desk.ticket.escalated");
fields.set("content-type", "application/json");
await jetstream(nc).publish("events.main.tickets.escalated", JSON.stringify(data), { headers: fields, msgID: id });
console.log(`published ${id}`);
await nc.drain();
