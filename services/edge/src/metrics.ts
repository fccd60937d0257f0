/** The edge's metrics, by what happened. Labels are closed sets: event names are declared ones, or `other`. */

import type { ErrorCode } from "@rollcall/contracts";
import type { Metrics } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import type { DisconnectReason } from "./clients/session.ts";

export interface EdgeMetrics {
  sockets(count: number): void;
  connect(code: ErrorCode | "OK"): void;
  disconnect(reason: DisconnectReason): void;
  inbound(event: string, code: ErrorCode | "OK"): void;
  /** A client joined a room that has so many members now. */
  joined(members: number): void;
  ack(event: string, seconds: number, trace: Trace): void;
  delivered(event: string, seconds: number, trace: Trace): void;
  drop(reason: "undeclared" | "invalid" | "slow"): void;
  /** A payload passed although it breaks its contract. */
  tolerated(event: string): void;
  eventToClient(event: string, seconds: number, trace: Trace): void;
}

/** The id of a sampled trace; undefined for others, which nobody could look up. */
type Trace = string | undefined;

const observation = (event: string, value: number, trace: Trace) => ({
  labels: { event },
  value,
  ...(trace === undefined ? {} : { exemplarLabels: { trace_id: trace } }),
});

export function edgeMetrics(metrics: Metrics): EdgeMetrics {
  const sockets = metrics.gauge(METRICS.edgeSockets);
  const connects = metrics.counter(METRICS.edgeConnects);
  const disconnects = metrics.counter(METRICS.edgeDisconnects);
  const inbound = metrics.counter(METRICS.edgeInbound);
  const drops = metrics.counter(METRICS.edgeDrops);
  const tolerated = metrics.counter(METRICS.contractTolerated);
  const members = metrics.histogram(METRICS.edgeJoinedMembers);
  const acks = metrics.histogram(METRICS.edgeAck);
  const delays = metrics.histogram(METRICS.fanoutDelay);
  const latency = metrics.histogram(METRICS.eventToClient);
  return {
    sockets: (count) => sockets.set(count),
    connect: (code) => connects.inc({ code }),
    disconnect: (reason) => disconnects.inc({ reason }),
    inbound: (event, code) => inbound.inc({ event, code }),
    drop: (reason) => drops.inc({ reason }),
    tolerated: (event) => tolerated.inc({ event }),
    joined: (count) => members.observe(count),
    ack: (event, seconds, trace) => acks.observe(observation(event, seconds, trace)),
    delivered: (event, seconds, trace) => delays.observe(observation(event, seconds, trace)),
    eventToClient: (event, seconds, trace) => latency.observe(observation(event, seconds, trace)),
  };
}
