/** What may be said and what goes wrong: errors, events, subjects. */

import {
  ANY_EVENT_ERRORS,
  CLIENT_EVENTS,
  CloudEventAttributes,
  CORE_SHAPES,
  ERROR_CATALOGUE,
  FallbackBody,
  PRESENCE_EVENTS,
  REQUESTS,
  RelayPayload,
  SERVER_EVENTS,
  SUBJECT_GUIDE,
  type Subjects,
  subjectsOf,
} from "@rollcall/contracts";
import { code, page, table, yes } from "./markdown.ts";
import { notation, unnamed } from "./notation.ts";

export function errorsPage(): string {
  return page(
    "Errors",
    "One catalogue for acks, connect errors, NATS replies, logs and metric labels. Decide by `retryable`: a code you do not know may be new. `retryAfterMs` is how long to wait; `details.issues` says by JSON pointer what a payload breaks, never its values.",
    table(
      ["code", "meaning", "retryable", "where", "what to do"],
      Object.entries(ERROR_CATALOGUE).map(([name, { message, retryable, where, remedy }]) => [
        code(name),
        message,
        yes(retryable),
        where,
        remedy,
      ]),
    ),
  );
}

export function eventsPage(): string {
  const client = Object.entries(CLIENT_EVENTS).map(([name, event]) => [
    code(name),
    event.description,
    "needs" in event ? event.needs : "",
    event.errors.map(code).join(" "),
    code(notation(event.payload)),
    code(notation(event.ack)),
  ]);
  const server = Object.entries(SERVER_EVENTS).map(([name, { description, payload }]) => [
    code(name),
    description,
    code(notation(payload)),
  ]);
  return page(
    "Core events",
    "What every namespace has. Events of your own are in contract files: `rollcall contracts docs` writes their catalogue. `name?` is optional; `[0..200]` bounds a list; `opaque` and `time` are texts; other names are those of the grammar or of the shapes below.",
    "## Clients send",
    table(["event", "does", "needs", "errors", "payload", "ack data"], client),
    `Any of them can also be answered with ${[...ANY_EVENT_ERRORS.first, ...ANY_EVENT_ERRORS.last].map(code).join(" ")}.`,
    `A relay's payload is ${code(notation(RelayPayload))}. \`room:join\` must ask for an ack.`,
    "## Servers send",
    table(["event", "says", "payload"], server),
    "## Shapes",
    table(
      ["shape", "is"],
      Object.entries(CORE_SHAPES).map(([name, shape]) => [
        code(name),
        name === "EventTriple" ? code("[name, payload, Meta]") : code(unnamed(shape)),
      ]),
    ),
  );
}

export function subjectsPage(): string {
  const subjects = subjectsOf("rollcall");
  const example = (name: keyof Subjects) =>
    (subjects[name] as (...args: string[]) => string)(...SUBJECT_GUIDE[name].example);
  const isStream = (name: string) => /Stream$|Durable$/.test(name);
  const names = Object.keys(SUBJECT_GUIDE) as (keyof Subjects)[];
  const rows = (wanted: (name: keyof Subjects) => boolean) =>
    names.filter(wanted).map((name) => {
      const { what, publishes, listens } = SUBJECT_GUIDE[name];
      return [code(example(name)), what, publishes, listens];
    });
  return page(
    "NATS subjects, requests and streams",
    "Examples of the installation `rollcall`. A token that holds anything outside `A-Za-z0-9_-` is percent-encoded.",
    "## Requests",
    "Subject `<install>.v1.<tenant>.<name>`; the reply is `{ ok: true, data }` or `{ ok: false, error }` with an error of [the catalogue](errors.md).",
    table(
      ["request", "does", "answered by", "body", "data"],
      Object.entries(REQUESTS).map(([name, { description, answeredBy, body, reply }]) => [
        code(name),
        description,
        answeredBy,
        code(notation(body)),
        code(notation(reply)),
      ]),
    ),
    "## Subjects",
    table(
      ["example", "carries", "published by", "heard by"],
      rows((name) => !isStream(name) && !isPrivate(name)),
    ),
    "## Streams and consumers",
    table(["name", "is", "published by", "read by"], rows(isStream)),
    "## The PRESENCE stream",
    "CloudEvents in binary mode: the type in `ce-type`, the transition's id in `ce-id` and `Nats-Msg-Id`.",
    table(
      ["type", "says", "data"],
      Object.entries(PRESENCE_EVENTS).map(([type, { description, data }]) => [
        code(type),
        description,
        code(notation(data)),
      ]),
    ),
    "## Domain events in, fallbacks out",
    `Attributes of a domain event: ${code(notation(CloudEventAttributes))}. The body of every fallback channel: ${code(notation(FallbackBody))}.`,
    "## Private",
    "Between services of one installation; adjacent minor releases understand each other. Nobody else may publish or listen here.",
    table(["example", "carries", "published by", "heard by"], rows(isPrivate)),
  );
}

const isPrivate = (name: keyof Subjects): boolean => SUBJECT_GUIDE[name].private === true;
