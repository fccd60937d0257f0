/** What to do about each metric, for `docs/metrics.md`. */

import type { MetricKey } from "./names.ts";

export const METRIC_ADVICE: Record<MetricKey, string> = {
  edgeSockets: "Watch it against MAX_CONNECTIONS; uneven edges after a roll even out as clients come and go.",
  edgeConnects:
    "A rise of AUTH_* is the issuer's or a key's; of OVERLOADED, add edges; of NAMESPACE_UNKNOWN, somebody probes.",
  edgeDisconnects:
    "`slow` and `ping_timeout` are the clients' networks, `abuse` one client, `shutdown` and `drain` yours.",
  edgeInbound: "A code that rises for one event is that client's or its contract's; for all of them, a dependency's.",
  edgeAck: "What clients wait for. One event alone: its backend or its room; all of them: presence, NATS or the loop.",
  edgeJoinedMembers:
    "How large the rosters are that people meet: what a join reads, and what each change of a room costs, grows with it.",
  edgeDeliveries: "The load of fan-out: what grows with members times messages.",
  edgeDrops:
    "`slow` is expected under load; `undeclared` and `invalid` are defects of a publisher or ours: see the log.",
  edgeWriteBufferBytes: "Growth is slow readers; bounded for each of them, so look for how many there are.",
  edgeHeld:
    "`sessions`; `targets`: rooms and users somebody here listens to; `gates`: joins under way; `watched` users; `unjoined`: rooms kept through a resume; `mirrored`: sessions presence was told of. A part that does not return to 0 when nobody is there is a leak.",
  fanoutLag: "Above a second, Redis or this process's loop is late; above ten, clients are told `stale`.",
  fanoutDelay: "Grows with the loop's delay and the size of audiences; alike for every event, Redis answers slowly.",
  fanoutGaps:
    "Each one makes clients look again; if it rises, LOG_MAX_LEN is too small for how long a reader was away.",
  fanoutPoison: "Something else writes to the log: find it.",
  fanoutFallbacks: "A library was updated: the connection works, but costs more.",
  presenceTransitions: "The pulse of presence; a step of `evicted` is an edge that died.",
  presenceOfflineDelay: "Compare with the bounds in `docs/presence.md`.",
  presenceRepairs: "A few after an outage; without one, a defect: keep the logs of edge and presence.",
  presenceBrake: "Rosters may show people who are gone; it ends by itself within BRAKE_MS.",
  presenceEdges: "Must be the number of edges; fewer: one is cut off, more: one died within the last lease.",
  presenceSweepAge: "Above a second on every replica, nobody's end is noticed: Redis is away, or presence is sick.",
  presenceEpochChanges: "Redis was restarted, flushed, or failed over: see that it was meant.",
  outboxAge: "JetStream does not take what presence publishes: look at NATS.",
  outboxEntries: "Bounded by 1,000,000; beyond, the oldest are dropped.",
  outboxDropped: "Backends missed transitions: they read `presence.list` and rooms anew.",
  notifierOutcomes: "`dead` and dead letters by reason: `rollcall deadletter list`, `rollcall explain`.",
  notifierPendingAge: "Something durable waits: Redis, presence or a fallback channel is away.",
  notifierIntakeUp: "0: no notifier reads the source; look at the stream and its permissions.",
  notifierFallbackJobs:
    "`waiting` that grows is a channel whose host is ill, or more than it takes: its attempts by result tell which.",
  notifierFallbackAttempts:
    "`failed` is the host's: at most one every few seconds while it lasts. `refused` is a notice's: see the log.",
  notifierBacklog:
    "Grows: more is published than one notifier takes of a source (see B15), or Redis or presence is slow. It drains by itself.",
  notifierFallbackAge: "Of `sent`, how late notices go out; of the others, how long they have been refused already.",
  notifierOpen:
    "What inboxes and fallbacks still owe somebody. Growth without an end: a ttl is long and nobody acknowledges.",
  notifierInFlight: "At its limit for long, Redis or presence is slow.",
  eventToClient: "What users feel, publishers' clocks included.",
  contracts: "More than one hash: a roll is under way, or a replica has old files.",
  contractsRejected: "The changed files have mistakes, which the log names; the old ones stay in force.",
  contractTolerated: "Mend the publisher, then set the event's enforcement back to `enforce`.",
  dependencyUp: "0: see why this process cannot reach it; what still works is the degradation table's business.",
  redisRefusals:
    "OOM: Redis is at its maxmemory, give it more; READONLY: a failover is under way, or its end was not noticed.",
  dependencyRoundTrip:
    "A millisecond or less in one zone. Above ten, joins and emits feel it; compare processes to tell network from server.",
  buildInfo: "More than one version or commit: a roll is under way, or has stopped half-way.",
  processErrors: "A defect: the log has the stack. The process has ended itself.",
  logDropped:
    "Whoever reads stdout is away or too slow, or the disk under it is full; the service works on, its log has gaps.",
  loopDelay: "Above MAX_LOOP_DELAY_MS an edge takes no new connections: add edges, or look for what blocks.",
  timers: "Grows with sessions; without them, a leak.",
  rpcRequests: "UNAVAILABLE and TIMEOUT are the answering service's; PAYLOAD_INVALID the asker's.",
  rpcSeconds: "What edges and backends wait for, without NATS; `door.lane` is every change of presence.",
  spansDropped: "The collector is away or too slow; nothing but traces is lost.",
};
