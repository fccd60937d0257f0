/** What the parts of one edge share. Made once in `edge.ts`, never changed. */

import type { ReadRequest } from "@rollcall/contracts/internal";
import type { Delivery, DeliveryMember, FanoutLog, Placement, ReceivedEntry } from "@rollcall/fanout";
import type { Clock, Logger, Random } from "@rollcall/runtime";
import type { Registry } from "./clients/registry.ts";
import type { Session } from "./clients/session.ts";
import type { EdgeSettings } from "./config.ts";
import type { ContractsInForce } from "./contracts-in-force.ts";
import type { TokenVerifier } from "./handshake/token.ts";
import type { Health } from "./health.ts";
import type { EdgeMetrics } from "./metrics.ts";
import type { Door } from "./outbound/door.ts";
import type { AckGate } from "./outbound/gate.ts";
import type { WatchHub } from "./outbound/watch-hub.ts";
import type { Lifecycle } from "./sessions/lifecycle.ts";
import type { PresenceLink } from "./sessions/link.ts";

/** One cell as this edge sees it. */
export interface Cell {
  name: string;
  link: PresenceLink;
  /** How far the log of a partition has been read. */
  readPosition(partition: number): string | undefined;
}

/** Requests over NATS. Rejects with `UNAVAILABLE` or `TIMEOUT`. */
export interface Bus {
  read<T>(cell: string, body: ReadRequest, traceparent?: string): Promise<T>;
  inbox<T>(body: unknown, traceparent: string): Promise<T>;
  command(request: CommandRequest): Promise<unknown>;
}

export interface CommandRequest {
  subject: string;
  data: unknown;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
}

export interface Parts {
  settings: EdgeSettings;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: EdgeMetrics;
  contracts: ContractsInForce;
  placement: Placement;
  log: FanoutLog;
  bus: Bus;
  cellOf(tenant: string): Cell;
  verifier: TokenVerifier;
  registry: Registry;
  lifecycle: Lifecycle;
  delivery: Delivery;
  door: Door;
  gate: AckGate<Session, ReceivedEntry>;
  hub: WatchHub<Session>;
  health: Health;
}

export type { DeliveryMember };
