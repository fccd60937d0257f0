/**
 * Every metric, span kind and attribute key of the project, once. Names of the wire contract's telemetry section are
 * bound; the others are ours to change. Labels are closed sets: never a user, room, session or instance.
 */

export type MetricType = "counter" | "gauge" | "histogram";

export interface MetricSpec<L extends string = string> {
  readonly type: MetricType;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  /** Histograms only: upper bounds in the unit of the name. */
  readonly buckets?: readonly number[];
  /** Histograms only: observations of sampled traces name them. */
  readonly exemplars?: true;
}

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const MEMBERS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;
const AGE_SECONDS = [0.1, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400] as const;
const DELAY_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 60] as const;

export const METRICS = {
  edgeSockets: { type: "gauge", name: "rollcall_edge_sockets", help: "Sockets connected to this edge.", labels: [] },
  edgeConnects: {
    type: "counter",
    name: "rollcall_edge_connects_total",
    help: "Connection attempts by outcome; OK is success.",
    labels: ["code"],
  },
  edgeDisconnects: {
    type: "counter",
    name: "rollcall_edge_disconnects_total",
    help: "Sockets that went, by reason.",
    labels: ["reason"],
  },
  edgeInbound: {
    type: "counter",
    name: "rollcall_edge_inbound_total",
    help: "Client messages by declared event and outcome.",
    labels: ["event", "code"],
  },
  edgeAck: {
    type: "histogram",
    name: "rollcall_edge_ack_seconds",
    help: "From a client message's arrival to its answer, by declared event.",
    labels: ["event"],
    buckets: LATENCY_SECONDS,
    exemplars: true,
  },
  edgeJoinedMembers: {
    type: "histogram",
    name: "rollcall_edge_joined_room_members",
    help: "Members of a room when a client of this edge had joined it, itself included.",
    labels: [],
    buckets: MEMBERS,
  },
  edgeDeliveries: {
    type: "counter",
    name: "rollcall_edge_deliveries_total",
    help: "Packets handed to sockets, by event.",
    labels: ["event"],
  },
  edgeDrops: {
    type: "counter",
    name: "rollcall_edge_drops_total",
    help: "Packets not handed to a socket, by reason.",
    labels: ["reason"],
  },
  edgeWriteBufferBytes: {
    type: "gauge",
    name: "rollcall_edge_write_buffer_bytes",
    help: "Bytes waiting for slow sockets on this edge.",
    labels: [],
  },
  edgeHeld: {
    type: "gauge",
    name: "rollcall_edge_held",
    help: "What this edge holds for its sessions, by part; 0 when nobody is there.",
    labels: ["part"],
  },
  fanoutLag: {
    type: "gauge",
    name: "rollcall_fanout_lag_seconds",
    help: "Age of the newest log entry when this process read it.",
    labels: [],
  },
  fanoutDelay: {
    type: "histogram",
    name: "rollcall_fanout_delay_seconds",
    help: "From a log entry's time to its hand-over to sockets, by event: of room:roster, how long until a join is visible.",
    labels: ["event"],
    buckets: LATENCY_SECONDS,
    exemplars: true,
  },
  fanoutGaps: {
    type: "counter",
    name: "rollcall_fanout_gaps_total",
    help: "Times this reader lost log entries.",
    labels: [],
  },
  fanoutPoison: {
    type: "counter",
    name: "rollcall_fanout_poison_total",
    help: "Log entries skipped because they are malformed.",
    labels: [],
  },
  fanoutFallbacks: {
    type: "counter",
    name: "rollcall_fanout_fallbacks_total",
    help: "Connections of an unknown shape, served without the fast path.",
    labels: [],
  },
  presenceTransitions: {
    type: "counter",
    name: "rollcall_presence_transitions_total",
    help: "Presence transitions committed, by kind and reason.",
    labels: ["kind", "reason"],
  },
  presenceOfflineDelay: {
    type: "histogram",
    name: "rollcall_presence_offline_delay_seconds",
    help: "From the loss of a session to its user's offline transition.",
    labels: [],
    buckets: DELAY_SECONDS,
  },
  presenceRepairs: {
    type: "counter",
    name: "rollcall_presence_repairs_total",
    help: "Differences that anti-entropy found and repaired: records without a socket (ghost), sockets without a record (missing), edges whose digest was unequal (digest).",
    labels: ["kind"],
  },
  presenceBrake: {
    type: "gauge",
    name: "rollcall_presence_brake",
    help: "1 while evictions are held.",
    labels: [],
  },
  presenceEdges: {
    type: "gauge",
    name: "rollcall_presence_edges",
    help: "Edges that hold a lease, as this replica's last sweep saw them.",
    labels: [],
  },
  presenceSweepAge: {
    type: "gauge",
    name: "rollcall_presence_sweep_age_seconds",
    help: "Since this replica's last completed sweep.",
    labels: [],
  },
  presenceEpochChanges: {
    type: "counter",
    name: "rollcall_presence_epoch_changes_total",
    help: "Times the store was found to be another one than before.",
    labels: [],
  },
  outboxAge: {
    type: "gauge",
    name: "rollcall_outbox_age_seconds",
    help: "Age of the oldest outbox entry not yet published.",
    labels: [],
  },
  outboxEntries: {
    type: "gauge",
    name: "rollcall_outbox_entries",
    help: "Outbox entries not yet published.",
    labels: [],
  },
  outboxDropped: {
    type: "counter",
    name: "rollcall_outbox_dropped_total",
    help: "Outbox entries lost to its bound since the cell began, as told by the replica that relays.",
    labels: [],
  },
  notifierOutcomes: {
    type: "counter",
    name: "rollcall_notifier_outcomes_total",
    help: "Final states of domain events, by outcome and reason.",
    labels: ["outcome", "reason"],
  },
  notifierPendingAge: {
    type: "gauge",
    name: "rollcall_notifier_pending_age_seconds",
    help: "Age of the oldest domain event that is not final.",
    labels: [],
  },
  notifierIntakeUp: {
    type: "gauge",
    name: "rollcall_notifier_intake_up",
    help: "1 while the event source can be read, by this process or by the one that holds its lease.",
    labels: ["source"],
  },
  notifierBacklog: {
    type: "gauge",
    name: "rollcall_notifier_backlog",
    help: "Messages of a source that its durable consumer has not had acknowledged; every replica tells the same.",
    labels: ["source"],
  },
  notifierInFlight: {
    type: "gauge",
    name: "rollcall_notifier_in_flight",
    help: "Domain events in hand: taken from the stream, not yet acknowledged to it.",
    labels: [],
  },
  notifierFallbackJobs: {
    type: "gauge",
    name: "rollcall_notifier_fallback_jobs",
    help: "Notices in the queue of a channel: waiting for a worker, delayed after a failed attempt, or being sent.",
    labels: ["channel", "state"],
  },
  notifierFallbackAttempts: {
    type: "counter",
    name: "rollcall_notifier_fallback_attempts_total",
    help: "Attempts to hand a notice to a channel, by result: sent, gone, refused, failed, or later (asked to wait).",
    labels: ["channel", "result"],
  },
  notifierFallbackAge: {
    type: "histogram",
    name: "rollcall_notifier_fallback_age_seconds",
    help: "How long a notice had been due when an attempt ended, by its result.",
    labels: ["channel", "result"],
    buckets: AGE_SECONDS,
  },
  notifierOpen: {
    type: "gauge",
    name: "rollcall_notifier_open",
    help: "Recipients of durable events whose record is not final; every replica tells the same.",
    labels: [],
  },
  eventToClient: {
    type: "histogram",
    name: "rollcall_event_to_client_seconds",
    help: "From a domain event's time to its hand-over to sockets, by event.",
    labels: ["event"],
    buckets: LATENCY_SECONDS,
    exemplars: true,
  },
  contracts: {
    type: "gauge",
    name: "rollcall_contracts",
    help: "1 for the hash of the contracts in force.",
    labels: ["hash"],
  },
  contractsRejected: {
    type: "counter",
    name: "rollcall_contracts_rejected_total",
    help: "Changed contract files that have mistakes: the old ones stay in force.",
    labels: [],
  },
  contractTolerated: {
    type: "counter",
    name: "rollcall_contract_tolerated_total",
    help: "Payloads that break their contract and passed, because its enforcement is warn.",
    labels: ["event"],
  },
  dependencyUp: {
    type: "gauge",
    name: "rollcall_dependency_up",
    help: "1 while this process is connected to the dependency.",
    labels: ["dependency"],
  },
  redisRefusals: {
    type: "counter",
    name: "rollcall_redis_refusals_total",
    help: "Commands that Redis refused for a state of its own (OOM: memory is full; READONLY, LOADING and others), by its word for it.",
    labels: ["dependency", "code"],
  },
  dependencyRoundTrip: {
    type: "gauge",
    name: "rollcall_dependency_round_trip_seconds",
    help: "Round trip to the dependency, asked for at the scrape before; absent while it does not answer.",
    labels: ["dependency"],
  },
  buildInfo: {
    type: "gauge",
    name: "rollcall_build_info",
    help: "1 for the build that runs; the commit is empty where neither git nor the image says it.",
    labels: ["version", "node", "commit"],
  },
  processErrors: {
    type: "counter",
    name: "rollcall_process_errors_total",
    help: "Errors nobody caught; the process drains and exits after one.",
    labels: ["kind"],
  },
  logDropped: {
    type: "counter",
    name: "rollcall_log_dropped_total",
    help: "Lines of this process's log that could not be written.",
    labels: [],
  },
  loopDelay: {
    type: "gauge",
    name: "rollcall_event_loop_delay_seconds",
    help: "Event-loop delay of this process since the last scrape.",
    labels: ["quantile"],
  },
  timers: { type: "gauge", name: "rollcall_timers", help: "Timers of this process that wait.", labels: [] },
  rpcRequests: {
    type: "counter",
    name: "rollcall_rpc_requests_total",
    help: "Requests answered over NATS, by request name and outcome.",
    labels: ["name", "code"],
  },
  rpcSeconds: {
    type: "histogram",
    name: "rollcall_rpc_seconds",
    help: "From a request's arrival over NATS to its answer, by request name.",
    labels: ["name"],
    buckets: LATENCY_SECONDS,
  },
  spansDropped: {
    type: "counter",
    name: "rollcall_spans_dropped_total",
    help: "Spans that were not exported: queue full, or the collector did not take them.",
    labels: ["reason"],
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricKey = keyof typeof METRICS;

/** `service.name` of every process. */
export const SERVICE_NAMES = {
  edge: "rollcall-edge",
  presence: "rollcall-presence",
  notifier: "rollcall-notifier",
  cli: "rollcall-cli",
} as const;
export type ServiceName = keyof typeof SERVICE_NAMES;

/** Attributes of the resource: who made the span. */
export const RESOURCE = { service: "service.name", instance: "service.instance.id" } as const;

/** First word of a span's name; the event's name follows. */
export const SPAN_NAMES = ["publish", "consume", "emit", "deliver", "ack", "request"] as const;
export type SpanName = (typeof SPAN_NAMES)[number];

/** Attribute keys. Never a user, room, session, payload or token. */
export const ATTRIBUTES = {
  event: "rollcall.event",
  /** Id of the event or message: CloudEvent id, `meta.id`. */
  eventId: "rollcall.event.id",
  messageId: "rollcall.message.id",
  tenant: "rollcall.tenant",
  namespace: "rollcall.namespace",
  recipients: "rollcall.recipients",
  code: "rollcall.code",
  reason: "rollcall.reason",
  /** Of a packet as it is sent to each recipient. */
  bytes: "messaging.message.body.size",
  /** From the log entry's time to the hand-over to sockets, milliseconds. */
  queueDelay: "rollcall.queue_delay_ms",
  channel: "rollcall.channel",
  /** Why a span is there that the head did not choose: `error` or `slow`. */
  kept: "rollcall.kept",
  subject: "messaging.destination.name",
} as const;

/** OpenTelemetry's conventions for messaging and RPC, by the first word of a span's name. */
export const OPERATIONS: Readonly<Record<SpanName, Readonly<Record<string, string>>>> = {
  publish: { "messaging.system": "nats", "messaging.operation.type": "send" },
  consume: { "messaging.system": "nats", "messaging.operation.type": "process" },
  emit: { "messaging.system": "redis", "messaging.operation.type": "send" },
  deliver: { "messaging.system": "redis", "messaging.operation.type": "process" },
  ack: { "rpc.system": "socket.io" },
  request: { "rpc.system": "nats" },
};

/** Headers of W3C trace context. */
export const TRACEPARENT_HEADER = "traceparent";
export const TRACESTATE_HEADER = "tracestate";
