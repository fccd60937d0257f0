/**
 * One message from delivery to ack. The effect is durable before the ack; what cannot be routed is in the dead-letter
 * stream before it is terminated; what waits for Redis or NATS waits here, in its lanes, so nothing overtakes it.
 */

import type { JsMsg } from "@nats-io/jetstream";
import { DEFAULT_TENANT, RollcallError } from "@rollcall/contracts";
import type { Clock, Logger, Metrics, Random } from "@rollcall/runtime";
import { ATTRIBUTES, firstTraceparent, METRICS, type Span, startSpan, TRACESTATE_HEADER } from "@rollcall/telemetry";
import type { DeadLetters } from "../dead-letter/dead-letters.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Fence } from "../delivery/emit-once.ts";
import { durableTerms, type Outgoing } from "../delivery/outgoing.ts";
import type { AccountRing } from "../explain/ring.ts";
import { retry } from "../retry.ts";
import { isoTime } from "../routing/packet.ts";
import type { Accepted, Dead, Decision } from "../routing/route.ts";
import type { StreamMessage } from "../streams/stream-message.ts";

/** A message ready to run in its lanes. `run` never rejects. */
export interface Work {
  keys: readonly string[];
  run(): Promise<void>;
}

export interface ProcessorOptions {
  /** Pure, and the same at every delivery under one set of contracts. */
  route(message: StreamMessage): Decision;
  delivery: Delivery;
  deadLetters: DeadLetters;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  ring: AccountRing;
}

export interface Reading {
  fence: Fence;
  signal: AbortSignal;
  /** What is durable is taken again, everything else was done: nothing is acknowledged or terminated. */
  reread: boolean;
  /** The durable store forgot something: the source must be read again before anything else of it. */
  onRewound(): void;
}

export type Processor = (delivery: JsMsg, message: StreamMessage, reading: Reading) => Work;

/** A message that came back this often takes processes down or is never answered: aside with it. */
const MAX_DELIVERIES = 25;

export function createProcessor(options: ProcessorOptions): Processor {
  const { delivery, deadLetters, clock, random, logger, ring } = options;
  const outcomes = options.metrics.counter(METRICS.notifierOutcomes);
  const tolerated = options.metrics.counter(METRICS.contractTolerated);

  function decide(message: StreamMessage): Decision {
    if (message.deliveries > MAX_DELIVERIES) {
      return { kind: "dead", reason: "failed", detail: `not finished in ${MAX_DELIVERIES} deliveries` };
    }
    try {
      return options.route(message);
    } catch (error) {
      logger.error({ event: "intake.route_failed", error, sequence: message.sequence }, "routing threw");
      return { kind: "dead", reason: "failed", detail: "routing failed: see the notifier's log" };
    }
  }

  return (jsMsg, message, reading) => {
    const { signal } = reading;
    const decision = decide(message);
    if (reading.reread && !(decision.kind === "accepted" && decision.contract.durable)) return NOTHING;
    const span = consumeSpan(message, decision);
    const persist = <T>(work: () => Promise<T>): Promise<T> =>
      retry(work, {
        clock,
        random,
        signal,
        onFailure: (error, attempt) => {
          if (attempt === 0) {
            const { sequence, stream } = message;
            logger.warn(
              { event: "intake.retry", code: error.code, error, stream, sequence },
              "not done yet: trying again",
            );
          }
        },
      });

    async function bury(dead: Dead): Promise<void> {
      await persist(() => deadLetters.write(message, dead, span.traceparent));
      jsMsg.term();
      outcomes.inc({ outcome: "dead_letter", reason: dead.reason });
      ring.add({ ...account(), outcome: "dead_letter", reason: dead.reason, detail: dead.detail });
      span.setAttribute(ATTRIBUTES.reason, dead.reason);
      logger.info(
        {
          event: "intake.dead_letter",
          reason: dead.reason,
          detail: dead.detail,
          declared: dead.event,
          sequence: message.sequence,
        },
        "an event could not be routed",
      );
    }

    async function hand(accepted: Accepted): Promise<void> {
      const outgoing = outgoingOf(accepted, message, reading);
      const outcome = await persist(() => delivery.deliver(outgoing, span, reading.fence));
      if (outcome === "rewound") reading.onRewound();
      // Not acknowledged: it comes again, here or to the reader that has the source now, after what came before it.
      if (outcome === "fenced" || outcome === "rewound") return;
      if (reading.reread) return;
      jsMsg.ack();
      outcomes.inc({ outcome, reason: "" });
      if (accepted.warnings.length > 0) tolerated.inc({ event: accepted.contract.name });
      ring.add({ ...account(), outcome });
    }

    const account = () => accountOf(decision, message, span, clock.now());

    return {
      keys: decision.kind === "accepted" ? laneKeys(decision) : [],
      async run() {
        try {
          if (decision.kind === "dead") await bury(decision);
          else await hand(decision);
        } catch (error) {
          if (signal.aborted || reading.reread) return; // not acked: it comes again
          span.fail(error);
          await giveUp(error);
        } finally {
          span.end();
        }
      },
    };

    /** An error that no retry will mend. */
    async function giveUp(error: unknown): Promise<void> {
      const { code } = RollcallError.from(error);
      logger.error({ event: "intake.failed", code, error, sequence: message.sequence }, "an event cannot be delivered");
      const known = decision.kind === "accepted" ? { event: decision.contract.name, tenant: decision.tenant } : {};
      try {
        await bury({ kind: "dead", reason: "failed", detail: `delivery failed with ${code}`, ...known });
      } catch (failure) {
        if (!signal.aborted) logger.error({ event: "intake.stuck", error: failure }, "the dead letter was refused too");
      }
    }
  };
}

const NOTHING: Work = { keys: [], run: async () => {} };

function outgoingOf(accepted: Accepted, message: StreamMessage, { fence, reread }: Reading): Outgoing {
  const { contract, tenant, mid, dataJson, audience, domain } = accepted;
  const { durable } = contract;
  return {
    tenant,
    namespace: contract.namespace,
    event: contract.name,
    mid,
    atMs: message.arrivedAtMs,
    dataJson,
    audience,
    history: contract.history !== undefined,
    ...(durable === undefined
      ? {}
      : {
          durable: {
            ...durableTerms(durable, domain.data, Math.min(domain.timeMs ?? Infinity, message.arrivedAtMs)),
            origin: { id: domain.id, source: domain.source },
            source: { name: fence.source, sequence: message.sequence, reread },
          },
        }),
  };
}

function accountOf(decision: Decision, message: StreamMessage, span: Span, nowMs: number) {
  const base = { at: isoTime(nowMs), subject: message.subject, sequence: message.sequence, trace: span.traceId };
  if (decision.kind === "dead") {
    const { tenant = DEFAULT_TENANT, event, source, id } = decision;
    return { ...base, tenant, ...(event && { event }), ...(source && { source }), ...(id && { id }) };
  }
  const { tenant, contract, mid, domain, audience } = decision;
  return {
    ...base,
    tenant,
    event: contract.name,
    namespace: contract.namespace,
    mid,
    id: domain.id,
    source: domain.source,
    ...(audience.to === "room" ? { room: audience.room } : { users: audience.users.length }),
  };
}

/** Events to one room, or to one user, keep their order. */
function laneKeys({ tenant, contract, audience }: Accepted): string[] {
  const scope = `${tenant} ${contract.namespace}`;
  return audience.to === "room" ? [`r ${scope} ${audience.room}`] : audience.users.map((user) => `u ${scope} ${user}`);
}

function consumeSpan(message: StreamMessage, decision: Decision): Span {
  const isAccepted = decision.kind === "accepted";
  const hop = message.headers.get("traceparent");
  const origin = isAccepted ? decision.domain.origin : message.headers.get("ce-traceparent");
  const name = isAccepted ? decision.contract.name : decision.event;
  const id = isAccepted ? decision.domain.id : decision.id;
  // A publisher that only wrote the origin still gets one trace; so does one whose hop is malformed.
  const parent = firstTraceparent(hop, origin);
  return startSpan("consume", name ?? "other", {
    parent,
    ...(parent === hop ? { state: message.headers.get(TRACESTATE_HEADER) } : {}),
    ratio: isAccepted ? decision.contract.sample : undefined,
    kind: "consumer",
    attributes: {
      [ATTRIBUTES.subject]: message.subject,
      ...(id === undefined ? {} : { [ATTRIBUTES.eventId]: id }),
      ...(isAccepted ? { [ATTRIBUTES.messageId]: decision.mid, [ATTRIBUTES.tenant]: decision.tenant } : {}),
    },
    links: origin !== undefined && origin !== parent ? [origin] : [],
  });
}
