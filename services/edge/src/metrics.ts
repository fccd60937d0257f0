/** The edge's metrics, by what happened. Labels are closed sets: event names are declared ones, or `other`. */

import type { ErrorCode } from "@rollcall/contracts";
import type { Metrics } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import type { DisconnectReason } from "./sessions/session.ts";

export interface EdgeMetrics {
  sockets(count: number): void;
  connect(code: ErrorCode | "OK"): void;
  disconnect(reason: DisconnectReason): void;
  inbound(event: string, code: ErrorCode | "OK"): void;
  drop(reason: "undeclared" | "invalid" | "slow"): void;
  /** A payload passed although it breaks its contract. */
  tolerated(event: string): void;
  eventToClient(event: string, seconds: number): void;
}

export function edgeMetrics(metrics: Metrics): EdgeMetrics {
  const sockets = metrics.gauge(METRICS.edgeSockets);
  const connects = metrics.counter(METRICS.edgeConnects);
  const disconnects = metrics.counter(METRICS.edgeDisconnects);
  const inbound = metrics.counter(METRICS.edgeInbound);
  const drops = metrics.counter(METRICS.edgeDrops);
  const tolerated = metrics.counter(METRICS.contractTolerated);
  const latency = metrics.histogram(METRICS.eventToClient);
  return {
    sockets: (count) => sockets.set(count),
    connect: (code) => connects.inc({ code }),
    disconnect: (reason) => disconnects.inc({ reason }),
    inbound: (event, code) => inbound.inc({ event, code }),
    drop: (reason) => drops.inc({ reason }),
    tolerated: (event) => tolerated.inc({ event }),
    eventToClient: (event, seconds) => latency.observe({ event }, seconds),
  };
}
