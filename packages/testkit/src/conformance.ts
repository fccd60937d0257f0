/**
 * Whatever core says to a client, a backend or a consumer is what its contract declares, with nothing added: tests see
 * every surface through these checks, so that a field nobody documented cannot be sent for long.
 */

import { isDeepStrictEqual } from "node:util";
import type { JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import {
  type Checked,
  ERROR_CATALOGUE,
  isClientEvent,
  isServerEvent,
  type RequestName,
  RollcallError,
  subjectsOf,
  validateAck,
  validatePresenceEvent,
  validateReply,
  validateServerEvent,
  validateServerMeta,
  validateWireError,
  type WireError,
} from "@rollcall/contracts";
import { request } from "@rollcall/runtime";

/** Throws unless `value` passed its check and says nothing that its schema does not declare. */
export function conforms(what: string, checked: Checked<unknown>, value: unknown): void {
  if (!checked.ok) throw new Error(`${what} breaks its contract: ${shown(checked.issues)}; it was ${shown(value)}`);
  if (!isDeepStrictEqual(checked.value, value)) {
    throw new Error(`${what} says more than its contract declares (${shown(checked.value)}): ${shown(value)}`);
  }
}

/** Events of core by their payload; those of contract files are the business of who declared them. Of both the meta. */
export function checkServerEvent(name: string, payload: unknown, meta: unknown): void {
  if (isServerEvent(name)) conforms(name, validateServerEvent(name, payload), payload);
  conforms(`meta of ${name}`, validateServerMeta(meta), meta);
}

export function checkAck(event: string, ack: unknown): void {
  const answer = ack as { ok: true; data: unknown } | { ok: false; error: WireError };
  if (typeof answer !== "object" || answer === null || typeof answer.ok !== "boolean") {
    throw new Error(`${event} was acknowledged with ${shown(ack)}`);
  }
  if (!answer.ok) checkError(`the error of ${event}`, answer.error);
  else if (isClientEvent(event)) conforms(`the ack of ${event}`, validateAck(event, answer.data), answer.data);
}

export function checkError(what: string, error: WireError): void {
  conforms(what, validateWireError(error), error);
  if (error.retryable !== ERROR_CATALOGUE[error.code].retryable) throw new Error(`${what}: ${shown(error)}`);
}

export interface BackendOptions {
  install: string;
  /** Default `main`. */
  tenant?: string;
  /** Default 5 s. */
  timeoutMs?: number;
}

/** A backend's request as section 4.3 of the wire contract has it, its answer checked. Errors are thrown. */
export async function ask<T = Record<string, unknown>>(
  nc: NatsConnection,
  name: RequestName,
  body: unknown,
  { install, tenant = "main", timeoutMs = 5_000 }: BackendOptions,
): Promise<T> {
  try {
    const data = await request<T>(nc, subjectsOf(install).request(tenant, name), body, { timeoutMs });
    conforms(`the answer to ${name}`, validateReply(name, data), data);
    return data;
  } catch (error) {
    if (error instanceof RollcallError) checkError(`the error of ${name}`, error.toWire());
    throw error;
  }
}

/** A message of the PRESENCE stream. */
export function checkPresenceEvent(message: Pick<JsMsg, "headers" | "data">): void {
  const type = message.headers?.get("ce-type") ?? "";
  const data: unknown = JSON.parse(Buffer.from(message.data).toString("utf8"));
  conforms(type, validatePresenceEvent(type, data), data);
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "undefined";
