/**
 * The `emit` request: a backend sends a declared event itself. An event that is not durable is in the log when it is
 * answered, a durable one in a stream of ours, so that it is accepted for good. A repeat of its id is answered alike and
 * emits nothing.
 */

import { type Contracts, type EventContract, isName, RollcallError } from "@rollcall/contracts";
import type { Clock, Metrics, Random, ServeContext } from "@rollcall/runtime";
import { ATTRIBUTES, METRICS, startSpan } from "@rollcall/telemetry";
import type { Delivery } from "../delivery/delivery.ts";
import type { Journal } from "../delivery/journal.ts";
import { fitsOnWire } from "../routing/packet.ts";
import type { Audience } from "../routing/route.ts";
import { readEmit } from "./emit-request.ts";

export interface EmitOptions {
  contracts: Contracts;
  delivery: Delivery;
  journal: Journal;
  clock: Clock;
  random: Random;
  metrics: Metrics;
}

export function createEmitHandler(options: EmitOptions) {
  const { contracts, delivery, journal, clock, random } = options;
  const tolerated = options.metrics.counter(METRICS.contractTolerated);

  return async (tenant: string, body: unknown, context: ServeContext): Promise<{ id: string }> => {
    const asked = readEmit(body);
    const contract = contracts.namespaces.get(asked.namespace)?.events.get(asked.event);
    if (contract === undefined) throw new RollcallError("EVENT_UNKNOWN");
    checkAudience(contracts, contract, asked.audience);
    const issues = contract.validate(asked.data);
    if (issues !== undefined && contract.enforcement === "enforce") throw RollcallError.invalid(issues);
    const dataJson = JSON.stringify(asked.data);
    if (!fitsOnWire(contract.name, dataJson)) throw new RollcallError("PAYLOAD_TOO_LARGE");

    if (issues !== undefined) tolerated.inc({ event: contract.name });

    const id = asked.id ?? random.id();
    const span = startSpan("request", contract.name, {
      parent: context.traceparent,
      ratio: contract.sample,
      kind: "server",
      attributes: { [ATTRIBUTES.eventId]: id, [ATTRIBUTES.messageId]: id, [ATTRIBUTES.tenant]: tenant },
    });
    const { namespace, audience, data } = asked;
    try {
      if (contract.durable !== undefined && audience.to === "users") {
        const { users } = audience;
        await journal({ tenant, namespace, event: contract.name, id, users, data, traceparent: span.traceparent });
      } else {
        const atMs = clock.now();
        const history = contract.history !== undefined;
        await delivery.deliver(
          { tenant, namespace, event: contract.name, mid: id, atMs, dataJson, audience, history },
          span,
        );
      }
    } catch (error) {
      span.fail(error);
      throw error;
    } finally {
      span.end();
    }
    return { id };
  };
}

function checkAudience(contracts: Contracts, contract: EventContract, audience: Audience): void {
  if (audience.to === "room") {
    if (contracts.namespaces.get(contract.namespace)?.room(audience.room) === undefined) {
      throw new RollcallError("ROOM_UNKNOWN");
    }
    // Who is in a room is not known here, so nobody's inbox could take it.
    if (contract.durable !== undefined) {
      throw RollcallError.invalid([{ pointer: "/to", keyword: "durable", message: "a durable event goes to users" }]);
    }
  }
}

/** The tenant of a request's subject, `<install>.v1.<tenant>.<name>`. */
export function tenantOfSubject(subject: string): string {
  const tenant = subject.split(".")[2];
  if (!isName("tenant", tenant)) throw new RollcallError("PAYLOAD_INVALID", { message: "the subject names no tenant" });
  return tenant;
}
