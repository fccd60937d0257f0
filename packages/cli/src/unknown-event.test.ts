import { expect, test } from "vitest";
import type { Sighting } from "./bus/find-event.ts";
import { unknownEvent } from "./unknown-event.ts";

const there = {
  kind: "there",
  stream: "EVENTS",
  subject: "events.a",
  sequence: 7,
  at: "2026-05-01T12:00:00.000Z",
} as const;
const absent = { kind: "absent", stream: "EVENTS", messages: 12, isWhole: true } as const;

test.each<[string, Sighting[], RegExp[]]>([
  [
    "held and not taken in",
    [absent, { ...there, isDone: false }],
    [/^UNAVAILABLE: stream EVENTS holds it: sequence 7, events\.a, /, /doctor/],
  ],
  ["held and passed", [{ ...there, isDone: true }], [/^EVENT_UNKNOWN: stream EVENTS holds it.*too long ago$/]],
  [
    "held, more cannot be said",
    [{ ...there, isDone: undefined }],
    [/^EVENT_UNKNOWN: stream EVENTS holds it.*cannot be asked here$/],
  ],
  [
    "nowhere",
    [absent],
    [/^EVENT_UNKNOWN: .* an event x: no stream has accepted it/, /^Stream EVENTS: none of its 12 events/],
  ],
  [
    "nowhere, for want of a stream",
    [{ kind: "missing", stream: "S" }],
    [/^EVENT_UNKNOWN/, /^Stream S does not exist$/],
  ],
  ["not among the newest", [{ ...absent, isWhole: false }], [/^EVENT_UNKNOWN/, /none of its newest 12 events/]],
  [
    "not to be seen",
    [{ kind: "unseen", stream: "EVENTS", why: "denied", waiting: 3 }],
    [
      /^EVENT_UNKNOWN/,
      /^Stream EVENTS may hold it all the same, but cannot be read here: denied; 3 of its events wait/,
    ],
  ],
  [
    "nothing to be seen at all",
    [{ kind: "unseen", stream: "S", why: "denied", waiting: undefined }],
    [/^EVENT_UNKNOWN/, /: denied$/],
  ],
])("an event that is %s", (_what, sightings, expected) => {
  const lines = unknownEvent("x", sightings);
  expect(lines).toEqual(expected.map((line) => expect.stringMatching(line)));
});
