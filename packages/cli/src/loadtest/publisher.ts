/** Publishes declared events as any backend would, for load: CloudEvents whose time is that of their publishing. */

import { jetstream } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { type Contracts, type EventContract, encodeSubjectToken } from "@rollcall/contracts";
import type { Clock, Random } from "@rollcall/runtime";
import { CliError } from "../context.ts";
import type { Publication } from "./door.ts";

const SOURCE = "/rollcall/loadtest";
/** Unanswered ones at most: a server that is slow slows the publisher down. */
const AT_ONCE = 64;

export interface PublisherOptions {
  nc: NatsConnection;
  contracts: Contracts;
  tenant: string;
  clock: Clock;
  random: Random;
}

export function makePublisher({ nc, contracts, tenant, clock, random }: PublisherOptions) {
  const js = jetstream(nc);
  const publish = async ({ event: name, data, id = random.id() }: Publication): Promise<void> => {
    const event = eventOf(contracts, name);
    const header = headers();
    const attributes: Record<string, string> = {
      "ce-id": id,
      "ce-source": SOURCE,
      "ce-type": event.type ?? name.replace(":", "."),
      "ce-specversion": "1.0",
      "ce-time": new Date(clock.now()).toISOString(),
      ...(event.tenantFrom === "header" ? { "ce-tenantid": tenant } : {}),
    };
    for (const [key, value] of Object.entries(attributes)) header.set(key, value);
    const subject = event.from.source.replace("{tenant}", encodeSubjectToken(tenant));
    await js.publish(subject, JSON.stringify(data), { headers: header, msgID: id });
  };
  return async (publications: readonly Publication[]): Promise<void> => {
    for (let i = 0; i < publications.length; i += AT_ONCE) {
      await Promise.all(publications.slice(i, i + AT_ONCE).map(publish));
    }
  };
}

function eventOf(contracts: Contracts, name: string): EventContract & { from: NonNullable<EventContract["from"]> } {
  for (const { events } of contracts.namespaces.values()) {
    const event = events.get(name);
    if (event?.from !== undefined) return { ...event, from: event.from };
  }
  throw new CliError(`no contract declares the event ${name} with a \`from\``);
}
