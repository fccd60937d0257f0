/** The requests that the notifier answers over NATS: section 4.3 of the wire contract, and the edges' door. */

import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { Contracts, Subjects } from "@rollcall/contracts";
import {
  ANSWER_WITHIN_MS,
  type Clock,
  type Logger,
  type Metrics,
  type NatsHandle,
  type Random,
  type Served,
  type ServeOptions,
  serve,
} from "@rollcall/runtime";
import { createArchive } from "../dead-letter/archive.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { createJournal } from "../delivery/journal.ts";
import type { Durable } from "../durable.ts";
import { answerAccounts } from "../explain/accounts.ts";
import type { AccountRing } from "../explain/ring.ts";
import { type Faults, withFaults } from "../faults.ts";
import { createInboxDoor } from "../inbox/inbox-door.ts";
import type { Streams } from "../streams/streams.ts";
import { createDeadLetterHandlers } from "./dead-letter.ts";
import { createDeliveryHandler } from "./delivery.ts";
import { createEmitHandler, tenantOfSubject } from "./emit.ts";
import { createPreferenceHandlers } from "./preference.ts";

export interface RequestsOptions {
  install: string;
  /** Name of this process in accounts. */
  instance: string;
  ring: AccountRing;
  contracts: Contracts;
  nats: NatsHandle;
  js: JetStreamClient;
  jsm: JetStreamManager;
  streams: Streams;
  subjects: Subjects;
  delivery: Delivery;
  durable: Durable;
  traceToClient: boolean;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  faults: Faults | undefined;
}

export function serveRequests(options: RequestsOptions): Served[] {
  const { install, contracts, nats, subjects, delivery, durable, clock, random, logger, metrics } = options;
  const common = { queue: `${install}-notifier`, logger, metrics };
  const { write: journal } = withFaults(
    "journal",
    { write: createJournal(nats.nc, options.js, subjects) },
    options.faults,
  );
  const emit = createEmitHandler({ contracts, delivery, journal, clock, random, metrics });
  const preference = createPreferenceHandlers(durable.preferences);
  const inbox = createInboxDoor({
    store: durable.store,
    announce: durable.announce,
    traceToClient: options.traceToClient,
    onOutcomes: durable.onOutcomes,
  });
  const { js, jsm, ring, streams } = options;
  const archive = createArchive({ js, jsm, subjects, streams, logger, faults: options.faults });
  const deadletter = createDeadLetterHandlers(archive);
  const deliveryOf = createDeliveryHandler({ contracts, nc: nats.nc, subjects, store: durable.store, archive });
  const within = { ms: ANSWER_WITHIN_MS, clock };
  const answer = (
    name: string,
    handler: (tenant: string, body: unknown) => Promise<unknown>,
    limits: Pick<ServeOptions, "within"> = { within },
  ) =>
    serve(nats.nc, subjects.requestAny(name), { ...common, ...limits, name }, (body, { subject }) =>
      handler(tenantOfSubject(subject), body),
    );
  return [
    serve(nats.nc, subjects.requestAny("emit"), { ...common, within, name: "emit" }, (body, context) =>
      emit(tenantOfSubject(context.subject), body, context),
    ),
    serve(nats.nc, subjects.notifierDoor("inbox"), { ...common, name: "inbox" }, inbox),
    answer("preference.get", preference.get),
    answer("preference.set", preference.set),
    answer("deadletter.list", deadletter.list),
    answer("deadletter.replay", deadletter.replay, {}), // works through a page, and is asked by people
    answer("deadletter.discard", deadletter.discard, {}), // works through a page, and is asked by people
    answer("delivery.get", deliveryOf),
    answerAccounts(nats.nc, subjects.delivery(), options.instance, ring, logger),
  ];
}
