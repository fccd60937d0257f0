/** What `explain` says of an event that the notifiers know nothing of, by what the streams say. Pure. */

import type { Sighting } from "./bus/find-event.ts";

/** A line each; the first is the answer, with a code of the catalogue. */
export function unknownEvent(id: string, sightings: readonly Sighting[]): [answer: string, ...more: string[]] {
  const found = sightings.find((sighting) => sighting.kind === "there");
  if (found !== undefined) return heldLines(found);
  return [
    `EVENT_UNKNOWN: the notifiers know nothing of an event ${id}: no stream has accepted it, it was too long ago, or a client sent it (relays and commands are not kept here)`,
    ...sightings.filter((sighting) => sighting.kind !== "there").map(missedLine),
  ];
}

function heldLines({ stream, subject, sequence, at, isDone }: Sighting & { kind: "there" }): [string, ...string[]] {
  const where = `stream ${stream} holds it: sequence ${sequence}, ${subject}, accepted at ${at}`;
  if (isDone === undefined) return [`EVENT_UNKNOWN: ${where}; how far the notifiers are cannot be asked here`];
  if (isDone) return [`EVENT_UNKNOWN: ${where}; the notifiers are past it and remember nothing of it: too long ago`];
  return [
    `UNAVAILABLE: ${where}; no notifier could take it in yet`,
    "It is delivered when one can, without being published again: `./rollcall doctor` says what is away or full.",
  ];
}

function missedLine(sighting: Exclude<Sighting, { kind: "there" }>): string {
  const stream = `Stream ${sighting.stream}`;
  if (sighting.kind === "missing") return `${stream} does not exist`;
  if (sighting.kind === "absent") {
    const which = sighting.isWhole ? `its ${sighting.messages}` : `its newest ${sighting.messages}`;
    return `${stream}: none of ${which} events has this ce-id or Nats-Msg-Id`;
  }
  const { why, waiting } = sighting;
  const open = waiting === undefined ? "" : `; ${waiting} of its events wait for a notifier`;
  return `${stream} may hold it all the same, but cannot be read here: ${why}${open}`;
}
