/**
 * The core schemas, each compiled once, when it is first asked or by {@link compileCore}: no process needs all of them.
 * Every function takes any value and throws nothing.
 */

import type { ValidateFunction } from "ajv";
import type { TSchema } from "typebox";
import type { Issue } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { issuesOf, newAjv } from "./ajv.ts";
import { CLIENT_EVENTS, type ClientEvent, type ClientPayload } from "./client-events.ts";
import { Auth, Claims, ClientMeta } from "./connect.ts";
import { exceedsDepth } from "./json.ts";
import { project } from "./project.ts";
import { REQUESTS, type RequestBody, type RequestName } from "./requests.ts";
import { SERVER_EVENTS, type ServerEvent } from "./server-events.ts";

export type Checked<T> = { ok: true; value: T } | { ok: false; issues: Issue[] };

const ajv = newAjv();

/** A copy without extra fields, or what is wrong with it. */
type Check = (value: unknown) => Checked<unknown>;

function checkOf(schema: TSchema): Check {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajv.compile(schema);
    if (exceedsDepth(value, LIMITS.depth)) {
      return { ok: false, issues: [{ pointer: "", keyword: "maxDepth", message: "is nested too deep" }] };
    }
    const copy = project(schema, value);
    return validate(copy) ? { ok: true, value: copy } : { ok: false, issues: issuesOf(validate) };
  };
}

const checksOf = <K extends string>(schemas: Record<K, TSchema>): ReadonlyMap<string, Check> =>
  new Map(Object.entries<TSchema>(schemas).map(([key, schema]) => [key, checkOf(schema)]));

const payloads = <K extends string>(events: Record<K, { payload: TSchema }>) =>
  Object.fromEntries(Object.entries<{ payload: TSchema }>(events).map(([key, { payload }]) => [key, payload]));
const acks = Object.fromEntries(Object.entries(CLIENT_EVENTS).map(([key, { ack }]) => [key, ack as TSchema]));

const clientChecks = checksOf(payloads(CLIENT_EVENTS));
const ackChecks = checksOf(acks);
const serverChecks = checksOf(payloads(SERVER_EVENTS));
const requestChecks = checksOf(REQUESTS);
const authCheck = checkOf(Auth);
const claimsCheck = checkOf(Claims);
const metaCheck = checkOf(ClientMeta);

/** For processes that would rather pay at start than on a first message: what clients send. */
export function compileCore(): void {
  for (const check of [...clientChecks.values(), authCheck, claimsCheck, metaCheck]) check(undefined);
}

const unknown: Checked<never> = {
  ok: false,
  issues: [{ pointer: "", keyword: "name", message: "no contract declares this name" }],
};

export function isClientEvent(event: string): event is ClientEvent {
  return Object.hasOwn(CLIENT_EVENTS, event);
}

export function validateClientEvent<E extends ClientEvent>(event: E, payload: unknown): Checked<ClientPayload<E>>;
export function validateClientEvent(event: string, payload: unknown): Checked<unknown>;
export function validateClientEvent(event: string, payload: unknown): Checked<unknown> {
  return clientChecks.get(event)?.(payload) ?? unknown;
}

/** The data of a positive ack. */
export function validateAck(event: string, data: unknown): Checked<unknown> {
  return ackChecks.get(event)?.(data) ?? unknown;
}

export function validateServerEvent(event: ServerEvent | (string & {}), payload: unknown): Checked<unknown> {
  return serverChecks.get(event)?.(payload) ?? unknown;
}

export function validateRequest<N extends RequestName>(name: N, body: unknown): Checked<RequestBody<N>> {
  return (requestChecks.get(name)?.(body) ?? unknown) as Checked<RequestBody<N>>;
}

export function validateAuth(auth: unknown): Checked<Auth> {
  return authCheck(auth) as Checked<Auth>;
}

export function validateClaims(claims: unknown): Checked<Claims> {
  return claimsCheck(claims) as Checked<Claims>;
}

/** Absent and `null` are no meta. A `traceparent` that is no text is dropped, not refused. */
export function validateMeta(meta: unknown): Checked<ClientMeta> {
  if (meta === undefined || meta === null) return { ok: true, value: {} };
  const checked = metaCheck(meta) as Checked<{ id?: string; traceparent?: unknown }>;
  if (!checked.ok) return checked;
  const { id, traceparent } = checked.value;
  return {
    ok: true,
    value: {
      ...(id === undefined ? {} : { id }),
      ...(typeof traceparent === "string" ? { traceparent } : {}),
    },
  };
}
