/**
 * From the log to this edge's sockets: watches to the watch hub, diffs through the coalescer, everything else straight
 * to the delivery, and in front of all of it the ack gate.
 */

import type { UserPresence } from "@rollcall/contracts";
import type { Delivery, FollowHandlers, ReceivedEntry } from "@rollcall/fanout";
import type { Clock } from "@rollcall/runtime";
import { ATTRIBUTES, isSampled, isSlow, startSpan, traceIdOf } from "@rollcall/telemetry";
import type { Session } from "../clients/session.ts";
import type { EdgeMetrics } from "../metrics.ts";
import type { Accounts } from "./accounts.ts";
import type { Coalescer } from "./coalescer.ts";
import type { Door } from "./door.ts";
import type { AckGate } from "./gate.ts";
import { isWatchTarget, targetKey } from "./room-key.ts";
import type { WatchHub } from "./watch-hub.ts";
import type { Whereabouts } from "./whereabouts.ts";

export interface RouterOptions {
  delivery: Delivery;
  door: Door;
  gate: AckGate<Session, ReceivedEntry>;
  coalescer: Coalescer;
  hub: WatchHub<Session>;
  accounts: Accounts;
  whereabouts: Whereabouts;
  clock: Clock;
  metrics: EdgeMetrics;
  /** Is it an event of a contract file that a backend causes? Its way to clients is measured. */
  isDomainEvent(namespace: string, event: string): boolean;
}

export class Router {
  readonly #options: RouterOptions;
  /** Of the newest entry routed, for gates whose room stays silent. */
  #newest: string | undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  readonly wants: NonNullable<FollowHandlers["wants"]> = (namespace, targets) => {
    const { delivery, gate, hub } = this.#options;
    if (delivery.has(namespace, targets)) return true;
    for (const target of targets) {
      if (isWatchTarget(target) && hub.isWatched(target.slice(2))) return true;
      if (!gate.idle && gate.isAwaited(targetKey(namespace, target))) return true;
    }
    return false;
  };

  readonly entry = (entry: ReceivedEntry): void => {
    const { coalescer, gate } = this.#options;
    this.#newest = entry.position.id;
    const [first = ""] = entry.targets;
    if (isWatchTarget(first)) {
      this.#watched(entry);
      return;
    }
    if (!gate.idle) this.#passGate(entry);
    const key = targetKey(entry.namespace, first);
    if (entry.targets.length === 1 && coalescer.take(key, entry)) return;
    for (const target of entry.targets) coalescer.settle(targetKey(entry.namespace, target));
    this.deliver(entry, []);
  };

  /** Also the coalescer's way out. */
  deliver(entry: ReceivedEntry, causes: readonly string[]): void {
    const { accounts, whereabouts, door, metrics, clock, isDomainEvent } = this.#options;
    const parent = sampledCause(entry.traceparent, causes);
    const startedAtMs = parent === undefined ? 0 : clock.now();
    const recipients = door.deliver(entry);
    if (parent !== undefined && recipients > 0)
      traceDelivery(entry, { parent, causes, recipients, startedAtMs }, clock);
    const trace = parent === undefined ? undefined : traceIdOf(parent);
    if (recipients > 0) {
      metrics.delivered(entry.event, Math.max(0, clock.now() - entry.loggedAtMs) / 1_000, trace);
    }
    if (!isDomainEvent(entry.namespace, entry.event)) return;
    accounts.note(entry, recipients, clock.now(), whereabouts.now());
    if (recipients > 0) {
      const sinceMs = eventTimeMs(entry.packetJson) ?? entry.loggedAtMs;
      metrics.eventToClient(entry.event, Math.max(0, clock.now() - sinceMs) / 1_000, trace);
    }
  }

  /** The end of one run of the log. */
  readonly flush = (readTo: string | undefined): void => {
    const { coalescer, hub, delivery, gate } = this.#options;
    const position = readTo ?? this.#newest;
    coalescer.flush();
    if (!gate.idle && position !== undefined) {
      for (const { key, member } of gate.pass(position)) this.admit(key, member);
    }
    if (position !== undefined) hub.passed(position);
    hub.flush();
    delivery.flush();
  };

  #watched(entry: ReceivedEntry): void {
    const { door, hub } = this.#options;
    if (!door.isDeclared(entry)) return;
    const [, payload] = JSON.parse(entry.packetJson) as [string, { changes?: UserPresence[] }];
    for (const change of payload.changes ?? []) hub.changed(entry.tenant, change, entry.position.id);
  }

  #passGate(entry: ReceivedEntry): void {
    const { gate, coalescer } = this.#options;
    for (const target of entry.targets) {
      const key = targetKey(entry.namespace, target);
      const live = gate.offer(key, entry, (session) => entry.except?.includes(session.sessionTarget) ?? false);
      if (live.length === 0) continue;
      coalescer.settle(key); // what waits there is in their snapshot
      for (const session of live) this.admit(key, session);
    }
  }

  /** A joiner at the gate takes part from now on. */
  admit(key: string, session: Session): void {
    const { namespace } = session.ref;
    if (session.live && !session.pressed) this.#options.delivery.join(session.member, key.slice(namespace.length + 1));
  }
}

/** What a delivery is traced under: its own cause, else the newest sampled one of what was merged into it. */
function sampledCause(own: string | undefined, merged: readonly string[]): string | undefined {
  if (own !== undefined && isSampled(own)) return own;
  return merged.length === 0 ? undefined : merged.findLast(isSampled);
}

interface Delivered {
  parent: string;
  causes: readonly string[];
  recipients: number;
  startedAtMs: number;
}

/** One span for all recipients here, written when their number is known: that decides whether it is kept. */
function traceDelivery(
  entry: ReceivedEntry,
  { parent, causes, recipients, startedAtMs }: Delivered,
  clock: Clock,
): void {
  const queueDelayMs = Math.max(0, startedAtMs - entry.loggedAtMs);
  startSpan("deliver", entry.event, {
    parent,
    kind: "consumer",
    links: causes,
    startedAtMs,
    audience: recipients,
    slow: isSlow(Math.max(queueDelayMs, clock.now() - startedAtMs)),
    attributes: {
      [ATTRIBUTES.messageId]: entry.mid,
      [ATTRIBUTES.tenant]: entry.tenant,
      [ATTRIBUTES.namespace]: entry.namespace,
      [ATTRIBUTES.recipients]: recipients,
      [ATTRIBUTES.bytes]: Buffer.byteLength(entry.packetJson),
      [ATTRIBUTES.queueDelay]: queueDelayMs,
    },
  }).end();
}

/** `meta` comes last in a packet; the newest `ts` in its text is meta's. */
function eventTimeMs(packetJson: string): number | undefined {
  const at = packetJson.lastIndexOf('"ts":"');
  if (at < 0) return undefined;
  const end = packetJson.indexOf('"', at + 6);
  const ms = Date.parse(packetJson.slice(at + 6, end));
  return Number.isNaN(ms) ? undefined : ms;
}
