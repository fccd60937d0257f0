/** Publishes declared events as any backend would, for load: CloudEvents whose time is that of their publishing. */

import type { JetStreamClient } from "@nats-io/jetstream";
import type { Contracts } from "@rollcall/contracts";
import type { Clock, Random } from "@rollcall/runtime";
import { addressOf, hasAddress, publishEvent } from "../bus/cloud-event.ts";
import { CliError } from "../context.ts";
import type { Publication } from "./door.ts";

const SOURCE = "/rollcall/loadtest";
/** Unanswered ones at most: a server that is slow slows the publisher down. */
const AT_ONCE = 64;

export interface PublisherOptions {
  js: JetStreamClient;
  contracts: Contracts;
  tenant: string;
  clock: Clock;
  random: Random;
}

export function makePublisher({ js, contracts, tenant, clock, random }: PublisherOptions) {
  const publish = async ({ event: name, data, id = random.id() }: Publication): Promise<void> => {
    await publishEvent(js, { ...addressOf(eventOf(contracts, name), tenant), id, source: SOURCE, data }, clock);
  };
  return async (publications: readonly Publication[]): Promise<void> => {
    for (let i = 0; i < publications.length; i += AT_ONCE) {
      await Promise.all(publications.slice(i, i + AT_ONCE).map(publish));
    }
  };
}

function eventOf(contracts: Contracts, name: string) {
  for (const { events } of contracts.namespaces.values()) {
    const event = events.get(name);
    if (event !== undefined && hasAddress(event)) return event;
  }
  throw new CliError(`no contract declares the event ${name} with a \`from\``);
}
