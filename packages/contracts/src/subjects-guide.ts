/** What each subject and stream is for, for `docs/subjects.md`. */

import type { Subjects } from "./subjects.ts";

interface SubjectGuide {
  what: string;
  publishes: string;
  listens: string;
  /** Of this installation's services only: no part of the contract. */
  private?: true;
  /** The arguments of the example. */
  example: readonly string[];
}

export const SUBJECT_GUIDE: Record<keyof Subjects, SubjectGuide> = {
  request: {
    what: "a request of a backend or an operator",
    publishes: "backends, operators, `rollcall`",
    listens: "presence or the notifier, in a queue group",
    example: ["main", "presence.get"],
  },
  requestAny: {
    what: "what the answering service subscribes to",
    publishes: "backends, operators, `rollcall`",
    listens: "presence or the notifier, in a queue group",
    example: ["presence.get"],
  },
  presenceUser: {
    what: "transitions of a user",
    publishes: "presence",
    listens: "backends, by the stream",
    example: ["main", "ann"],
  },
  presenceRoom: {
    what: "transitions of a room",
    publishes: "presence",
    listens: "backends, by the stream",
    example: ["main", "/", "doc:1"],
  },
  presenceEpoch: {
    what: "the record began anew",
    publishes: "presence",
    listens: "backends, by the stream",
    example: [],
  },
  presenceTenant: {
    what: "all transitions of a tenant",
    publishes: "presence",
    listens: "backends of one tenant, by the stream",
    example: ["main"],
  },
  presenceAll: {
    what: "all of the PRESENCE stream",
    publishes: "presence",
    listens: "backends, by the stream",
    example: [],
  },
  presenceStream: {
    what: "the stream of transitions: limits retention, 24 h",
    publishes: "presence",
    listens: "backends",
    example: [],
  },
  deadletter: {
    what: "a domain event that could not be routed, by reason",
    publishes: "the notifier",
    listens: "operators, by the stream",
    example: ["payload"],
  },
  deadletterAll: {
    what: "all dead letters",
    publishes: "the notifier",
    listens: "operators, by the stream",
    example: [],
  },
  deadletterStream: {
    what: "the stream of dead letters",
    publishes: "the notifier",
    listens: "operators, `rollcall deadletter`",
    example: [],
  },
  emitted: {
    what: "a durable event that was accepted by the `emit` request",
    publishes: "the notifier",
    listens: "the notifier",
    private: true,
    example: ["main"],
  },
  emittedAll: {
    what: "all of them",
    publishes: "the notifier",
    listens: "the notifier",
    private: true,
    example: [],
  },
  emittedStream: {
    what: "the stream of durable events accepted by `emit`: limits retention, 30 days",
    publishes: "the notifier",
    listens: "the notifier",
    private: true,
    example: [],
  },
  fallback: {
    what: "a durable event nobody acknowledged, by the channel `nats`",
    publishes: "the notifier",
    listens: "a backend that reaches the user its own way",
    example: ["main", "order:shipped"],
  },
  fallbackTenant: {
    what: "the fallbacks of one tenant",
    publishes: "the notifier",
    listens: "a backend that reaches the user its own way",
    example: ["main"],
  },
  fallbackAll: {
    what: "all fallbacks",
    publishes: "the notifier",
    listens: "a backend that reaches the user its own way",
    example: [],
  },
  notifierDurable: {
    what: "the durable consumer of a source's stream",
    publishes: "nobody",
    listens: "the notifier",
    example: ["EVENTS"],
  },
  marksBucket: {
    what: "the key-value bucket of how far each source was taken in",
    publishes: "the notifier",
    listens: "the notifier",
    private: true,
    example: [],
  },
  marksStream: {
    what: "the stream behind it",
    publishes: "the notifier",
    listens: "the notifier",
    private: true,
    example: [],
  },
  marksAll: {
    what: "what it takes",
    publishes: "the notifier",
    listens: "the notifier",
    private: true,
    example: [],
  },
  presenceDoor: {
    what: "hello, lease, lane, read, publish",
    publishes: "edges, the notifier (publish)",
    listens: "presence",
    private: true,
    example: ["c0", "lane"],
  },
  notifierDoor: {
    what: "the inbox",
    publishes: "edges",
    listens: "the notifier",
    private: true,
    example: ["inbox"],
  },
  delivery: {
    what: "what became of a message",
    publishes: "the notifier",
    listens: "edges and notifiers",
    private: true,
    example: [],
  },
  edgeControl: {
    what: "what one edge is told",
    publishes: "presence",
    listens: "that edge",
    private: true,
    example: ["edge-1"],
  },
  edgeControlAny: {
    what: "what presence may tell single edges",
    publishes: "presence",
    listens: "edges",
    private: true,
    example: [],
  },
  edgesControl: {
    what: "what every edge is told",
    publishes: "presence",
    listens: "edges",
    private: true,
    example: [],
  },
  edgesLoad: {
    what: "how much an edge can take from one that drains",
    publishes: "edges",
    listens: "edges",
    private: true,
    example: [],
  },
};
