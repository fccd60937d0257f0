/**
 * Who may say and hear what on the bus: one user per kind of program, all in one account. Everything not listed is
 * denied. The names come from `subjectsOf`; nothing here spells a subject of ours by hand.
 */

import { REQUESTS, subjectsOf } from "@rollcall/contracts";
import { jetStreamApi } from "./jetstream.ts";

export const ROLES = ["publisher", "reader", "backend", "operator", "edge", "presence", "notifier"] as const;
export type Role = (typeof ROLES)[number];

export interface Grant {
  publish: string[];
  subscribe: string[];
  /** May answer the requests it receives, wherever they ask to be answered. */
  answers: boolean;
}

export interface GrantOptions {
  install: string;
  /** Limits publisher, reader, backend and operator to one tenant; services always serve all. */
  tenant?: string | undefined;
  /** The stream of domain events and what it takes. */
  events?: { stream: string; domain: string };
  /** Subjects of commands that backends answer. They carry no tenant: give each tenant's backends their own. */
  commands?: string;
  /** `NATS_JS_DOMAIN`, where JetStream lives in another domain. */
  domain?: string | undefined;
}

/** The setting `NATS_INBOX_PREFIX` of each: answers to one are not to be heard by another. */
export const inboxOf = (role: Role) => `_INBOX_${role}`;

const READS = ["room.list", "room.members", "room.state", "room.history"] as const;
const WRITES = ["room.patch", "emit"] as const;
const isPresence = (name: string) => name.startsWith("presence.");

export function grantsOf(options: GrantOptions): Record<Role, Grant> {
  const { install, tenant, commands = "commands.>", events = { stream: "EVENTS", domain: "events" } } = options;
  const subjects = subjectsOf(install);
  const js = jetStreamApi(options.domain);
  const [presence, dead, emitted] = [subjects.presenceStream(), subjects.deadletterStream(), subjects.emittedStream()];
  const names = Object.keys(REQUESTS);
  const requestsOf = (service: "presence" | "notifier") =>
    Object.entries(REQUESTS).flatMap(([name, { answeredBy }]) =>
      answeredBy === service ? [subjects.requestAny(name)] : [],
    );
  const asks = (wanted: readonly string[]) =>
    wanted.map((name) => (tenant === undefined ? subjects.requestAny(name) : subjects.request(tenant, name)));

  const grant = (role: Role, given: Partial<Grant>): Grant => ({
    publish: [...new Set(given.publish)],
    subscribe: [`${inboxOf(role)}.>`, ...(given.subscribe ?? [])],
    answers: given.answers ?? false,
  });

  const reading = [
    ...asks([...names.filter(isPresence), ...READS]),
    js.streamInfo(presence),
    // A reader of one tenant may make no consumer that hears another's: the filter is part of the subject.
    ...js.consume(presence, tenant === undefined ? undefined : subjects.presenceTenant(tenant)),
  ];
  const publishing = [tenant === undefined ? `${events.domain}.>` : `${events.domain}.${tenant}.>`];

  return {
    publisher: grant("publisher", { publish: publishing }),
    reader: grant("reader", { publish: reading }),
    backend: grant("backend", {
      publish: [...reading, ...asks(WRITES)],
      subscribe: [commands, tenant === undefined ? subjects.fallbackAll() : subjects.fallbackTenant(tenant)],
      answers: true,
    }),
    operator: grant("operator", {
      publish: [
        ...asks(names),
        ...(tenant === undefined ? [js.account, js.streamInfo("*"), js.consumerInfo("*")] : []),
      ],
    }),
    edge: grant("edge", {
      publish: [subjects.presenceDoor("*", "*"), subjects.notifierDoor("*"), subjects.edgesLoad(), "commands.>"],
      subscribe: [subjects.edgeControlAny(), subjects.edgesControl(), subjects.edgesLoad(), subjects.delivery()],
      answers: true,
    }),
    presence: grant("presence", {
      publish: [
        subjects.presenceAll(),
        subjects.edgeControlAny(),
        subjects.edgesControl(),
        js.account,
        ...js.own(presence),
        ...js.message(presence),
      ],
      subscribe: [...requestsOf("presence"), subjects.presenceDoor("*", "*")],
      answers: true,
    }),
    notifier: grant("notifier", {
      publish: [
        subjects.presenceDoor("*", "publish"),
        // `delivery.get`: was the user connected?
        subjects.requestAny("presence.sessions"),
        subjects.delivery(),
        subjects.deadletterAll(),
        subjects.emittedAll(),
        subjects.fallbackAll(),
        // A replayed dead letter goes back where it came from.
        `${events.domain}.>`,
        js.account,
        js.find,
        ...js.own(events.stream),
        ...js.consume(events.stream),
        ...js.own(emitted),
        ...js.consume(emitted),
        ...js.own(dead),
        ...js.consume(dead),
        ...js.message(dead),
        js.deleteMessage(dead),
        ...js.own(subjects.marksStream()),
        ...js.message(subjects.marksStream()),
        subjects.marksAll(),
      ],
      subscribe: [...requestsOf("notifier"), subjects.notifierDoor("*"), subjects.delivery()],
      answers: true,
    }),
  };
}
