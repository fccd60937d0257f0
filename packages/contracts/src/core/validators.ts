/**
 * The core schemas, each compiled once, when it is first asked or by {@link compileCore}: no process needs all of them.
 * Every function takes any value and throws nothing.
 */

import type { ValidateFunction } from "ajv";
import type { Issue } from "../errors.ts";
import type { TSchema } from "../schema/type.ts";
import { excessIssues, issuesOf, newAjv } from "./ajv.ts";
import { CLIENT_EVENTS, type ClientEvent, type ClientPayload } from "./client-events.ts";
import { CloudEventAttributes, FallbackBody, PRESENCE_EVENTS, type PresenceEvent } from "./cloud-events.ts";
import { Auth, Claims, ClientMeta } from "./connect.ts";
import { project } from "./project.ts";
import { REQUESTS, type ReplyData, type RequestBody, type RequestName } from "./requests.ts";
import { SERVER_EVENTS, type ServerEvent } from "./server-events.ts";
import { Meta, WireError } from "./shapes.ts";

export type Checked<T> = { ok: true; value: T } | { ok: false; issues: Issue[] };

/** Made with the first check: who only wants names and errors pays nothing. */
let ajv: ReturnType<typeof newAjv> | undefined;
function compiled(schema: TSchema): ValidateFunction {
  ajv ??= newAjv({ unevaluated: false });
  return ajv.compile(schema);
}

/** A copy without extra fields, or what is wrong with it. */
type Check = (value: unknown) => Checked<unknown>;

function checkOf(schema: TSchema): Check {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= compiled(schema);
    const excess = excessIssues(value);
    if (excess !== undefined) return { ok: false, issues: excess };
    const copy = project(schema, value);
    return validate(copy) ? { ok: true, value: copy } : { ok: false, issues: issuesOf(validate) };
  };
}

/** One check per name, each of the schema that is `part` of what the name stands for. */
const checksOf = <P extends string>(named: Record<string, Record<P, TSchema>>, part: P): ReadonlyMap<string, Check> =>
  new Map(Object.entries(named).map(([key, parts]) => [key, checkOf(parts[part])]));

const clientChecks = checksOf(CLIENT_EVENTS, "payload");
const ackChecks = checksOf(CLIENT_EVENTS, "ack");
const serverChecks = checksOf(SERVER_EVENTS, "payload");
const requestChecks = checksOf(REQUESTS, "body");
const replyChecks = checksOf(REQUESTS, "reply");
const presenceEventChecks = checksOf(PRESENCE_EVENTS, "data");
const cloudEventCheck = checkOf(CloudEventAttributes);
const fallbackCheck = checkOf(FallbackBody);
const wireErrorCheck = checkOf(WireError);
const serverMetaCheck = checkOf(Meta);
const authCheck = checkOf(Auth);
const claimsCheck = checkOf(Claims);
const metaCheck = checkOf(ClientMeta);

/** At a service's start, what it will be sent: its first message is as quick as any other. */
export function compileCore(what: "client events" | "requests"): void {
  const ofClients = [...clientChecks.values(), ...serverChecks.values(), authCheck, claimsCheck, metaCheck];
  const ofBackends = [...requestChecks.values(), cloudEventCheck];
  for (const check of what === "requests" ? ofBackends : ofClients) check(undefined);
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

/** The data of a positive answer. */
export function validateReply<N extends RequestName>(name: N, data: unknown): Checked<ReplyData<N>>;
export function validateReply(name: string, data: unknown): Checked<unknown>;
export function validateReply(name: string, data: unknown): Checked<unknown> {
  return replyChecks.get(name)?.(data) ?? unknown;
}

/** The data of what the PRESENCE stream holds, by its CloudEvent type. */
export function validatePresenceEvent(type: PresenceEvent | (string & {}), data: unknown): Checked<unknown> {
  return presenceEventChecks.get(type)?.(data) ?? unknown;
}

/** The attributes of a domain event, by their names without `ce-`. */
export function validateCloudEvent(attributes: unknown): Checked<CloudEventAttributes> {
  return cloudEventCheck(attributes) as Checked<CloudEventAttributes>;
}

/** The body that a fallback channel carries. */
export function validateFallbackBody(body: unknown): Checked<FallbackBody> {
  return fallbackCheck(body) as Checked<FallbackBody>;
}

/** The error of a negative ack or answer, of `session:fault`, of a connect error. */
export function validateWireError(error: unknown): Checked<unknown> {
  return wireErrorCheck(error);
}

/** The `meta` of what the server sends. */
export function validateServerMeta(meta: unknown): Checked<unknown> {
  return serverMetaCheck(meta);
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
