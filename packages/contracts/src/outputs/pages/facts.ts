/** What bounds a message and what becomes of it: label and words, in the order in which people ask. */

import { basename } from "node:path";
import type { CommandEntry, EventEntry, MessageEntry, RelayEntry } from "../../catalogue.ts";
import type { HistoryRule, Rate } from "../../contract.ts";
import { code, type Inline, line } from "../inline.ts";
import { durationText, rateText } from "../limits-text.ts";

export interface Fact {
  label: string;
  text: Inline;
}

export function relayFacts(entry: RelayEntry): Fact[] {
  const { history, volatile } = entry;
  const reaches =
    history === undefined ? "Every other socket in the room." : "Every socket in the room, the sender's too.";
  return [
    fact("Reaches", [reaches]),
    ...rateFacts(entry.rate),
    ...historyFacts(history),
    ...(volatile ? [fact("Under pressure", ["Only the newest per room and session is kept; never resumed."])] : []),
    ...commonFacts(entry),
  ];
}

export function commandFacts(entry: CommandEntry): Fact[] {
  return [
    fact("Answered by", line`A backend, on the NATS subject ${entry.subject}.`),
    fact("Timeout", [`${durationText(entry.timeoutMs)}.`]),
    ...rateFacts(entry.rate),
    ...commonFacts(entry),
  ];
}

export function eventFacts(entry: EventEntry): Fact[] {
  return [...audienceFacts(entry), ...durableFacts(entry), ...historyFacts(entry.history), ...commonFacts(entry)];
}

function audienceFacts({ to }: EventEntry): Fact[] {
  if (to === undefined) return [fact("Reaches", ["The room or users that the request names."])];
  if ("room" in to) return [fact("Reaches", line`The room ${to.room}.`)];
  return [fact("Reaches", line`The users at ${to.users} of the payload, on all their devices.`)];
}

function durableFacts({ durable }: EventEntry): Fact[] {
  if (durable === undefined) return [];
  const { ttlMs, collapse, fallback, digest } = durable;
  return [
    fact("Inbox", [`Kept ${durationText(ttlMs)} for those who are away, until a device acknowledges it.`]),
    ...(collapse === undefined ? [] : [fact("Replaces", line`An earlier one with the same ${collapse}.`)]),
    ...(fallback === undefined
      ? []
      : [
          fact(
            "Fallback",
            line`Unacknowledged for ${[durationText(fallback.afterMs)]}: the channel ${fallback.channel}.`,
          ),
        ]),
    ...(digest === undefined ? [] : [fact("Digest", [`Gathered over ${durationText(digest.windowMs)}.`])]),
  ];
}

const rateFacts = (rate: Rate | undefined): Fact[] => [
  rate === undefined
    ? fact("Rate", line`The session's ${"limits.eventsPerSecond"}, shared with its other events.`)
    : fact("Rate", [`${rateText(rate)} per session, burst one second.`]),
];

const historyFacts = (history: HistoryRule | undefined): Fact[] =>
  history === undefined
    ? []
    : [fact("History", [`The newest ${history.size} of the room, for ${durationText(history.ttlMs)}.`])];

function commonFacts({ enforcement, sample, owner, at }: MessageEntry): Fact[] {
  return [
    ...(enforcement === "warn"
      ? [fact("Enforcement", ["A wrong payload is counted and delivered all the same."])]
      : []),
    ...(sample === undefined ? [] : [fact("Traced", [`${Math.round(sample * 10_000) / 100} % of them.`])]),
    ...(owner === undefined ? [] : [fact("Owner", [owner])]),
    fact("Declared in", [code(`${basename(at.file)}:${at.line}`)]),
  ];
}

const fact = (label: string, text: Inline): Fact => ({ label, text });
