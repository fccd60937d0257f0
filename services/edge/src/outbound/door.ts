/**
 * The one way out to sockets. What no contract declares does not pass; core payloads are checked against their schema
 * outside production, where a wrong one is a bug of ours that a test should meet, not a client.
 */

import {
  isServerEvent,
  type Meta,
  type ServerEvent,
  type ServerPayload,
  validateServerEvent,
} from "@rollcall/contracts";
import type { Delivery, ReceivedEntry } from "@rollcall/fanout";
import type { Clock, Logger, Random } from "@rollcall/runtime";
import type { Session } from "../clients/session.ts";
import type { ContractsInForce } from "../contracts-in-force.ts";
import type { EdgeMetrics } from "../metrics.ts";
import { newMeta } from "./meta.ts";

export interface DoorOptions {
  contracts: ContractsInForce;
  delivery: Delivery;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: EdgeMetrics;
  /** Check what core events say. */
  strict: boolean;
}

export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** To one session, in order with everything else it gets. */
  emit<E extends ServerEvent>(session: Session, event: E, payload: ServerPayload<E>, meta: Partial<Meta> = {}): void {
    const { delivery, clock, random } = this.#options;
    if (!session.socket.connected || !this.#isValid(event, payload)) return;
    delivery.send(session.member, JSON.stringify([event, payload, newMeta(clock, random, meta)]));
  }

  /** To everyone here in one target, in order with what the log brings. Written by the delivery's next flush. */
  broadcast<E extends ServerEvent>(
    at: { namespace: string; target: string },
    event: E,
    payload: ServerPayload<E>,
    meta: Partial<Meta> = {},
  ): void {
    const { delivery, clock, random } = this.#options;
    if (!this.#isValid(event, payload)) return;
    const packet = JSON.stringify([event, payload, newMeta(clock, random, meta)]);
    delivery.deliver([at.target], [], packet, { namespace: at.namespace, event });
  }

  /** An entry of the log to everyone here it is for. Written by the delivery's next flush. */
  deliver(entry: ReceivedEntry): number {
    if (!this.isDeclared(entry)) return 0;
    const { namespace, event } = entry;
    const { recipients } = this.#options.delivery.deliver(entry.targets, entry.except ?? [], entry.packetJson, {
      namespace,
      event,
      ...(entry.volatile === true ? { volatile: true } : {}),
    });
    return recipients;
  }

  /** An entry of the log to one session that was at its gate. */
  follow(session: Session, entry: ReceivedEntry): void {
    if (this.isDeclared(entry)) this.#options.delivery.send(session.member, entry.packetJson);
  }

  isDeclared({ namespace, event }: ReceivedEntry): boolean {
    const contract = this.#options.contracts.current.namespaces.get(namespace);
    if (isServerEvent(event) || contract?.relays.has(event) || contract?.events.has(event)) return true;
    this.#options.metrics.drop("undeclared");
    return false;
  }

  #isValid(event: ServerEvent, payload: unknown): boolean {
    if (!this.#options.strict) return true;
    const result = validateServerEvent(event, payload);
    if (result.ok) return true;
    this.#options.metrics.drop("invalid");
    this.#options.logger.error(
      { event: "door.invalid", name: event, issues: result.issues },
      "an invalid event was not sent",
    );
    return false;
  }
}
