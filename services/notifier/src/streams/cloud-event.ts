/**
 * What a bus message says: CloudEvents 1.0 in binary or structured mode, else plain JSON. Pure.
 *
 * Identity is (tenant, source, id); the tenant is known only after routing. A message decodes to the same identity at
 * every delivery, whatever happened in between: all that is exactly-once downstream rests on it.
 */

import { validateCloudEvent } from "@rollcall/contracts";
import { parseJson } from "./json.ts";

/** A message as the stream holds it. */
export interface BusMessage {
  subject: string;
  /** First value of each header, names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
  stream: string;
  /** When the stream itself was made, as the server prints it: tells two lives of one stream name apart. */
  streamCreated: string;
  sequence: number;
  /** When the stream took it: the arrival, equal at every delivery. */
  arrivedAtMs: number;
}

export interface DomainEvent {
  source: string;
  id: string;
  type: string;
  /** `ce-time`, when it is a time. */
  timeMs?: number;
  /** `ce-tenantid`. */
  tenantId?: string;
  /** The hop: parent of the consume span. */
  traceparent?: string;
  /** `ce-traceparent`: the action that caused the event. */
  origin?: string;
  data: unknown;
}

export interface Malformed {
  reason: "json" | "payload";
  detail: string;
  /** As far as it could be read. */
  source?: string;
  id?: string;
}

export type Decoded = { ok: true; event: DomainEvent } | { ok: false; fault: Malformed };

const REQUIRED = ["specversion", "id", "source", "type"] as const;
const ATTRIBUTES = [...REQUIRED, "time", "tenantid"] as const;
/** Attributes that are fine. */
const ANY = { specversion: "1.0", id: "1", source: "1", type: "1" };

export function decodeMessage(message: BusMessage): Decoded {
  const contentType = mediaType(message.headers.get("content-type"));
  if (contentType === "application/cloudevents+json") return structured(message);
  if (contentType === "application/cloudevents-batch+json") {
    return fault("payload", "batches of CloudEvents are not accepted: publish one message per event");
  }
  return REQUIRED.some((name) => message.headers.has(`ce-${name}`)) ? binary(message) : plain(message);
}

function binary(message: BusMessage): Decoded {
  const attribute = (name: string) => percentDecoded(message.headers.get(`ce-${name}`));
  const attributes = readAttributes(attribute, "ce-");
  if ("fault" in attributes) return { ok: false, fault: attributes.fault };
  const json = parseJson(message.body);
  if (!json.ok) return fault("json", json.detail, attributes);
  return event(message, attributes, json.value, attribute("traceparent"));
}

function structured(message: BusMessage): Decoded {
  const json = parseJson(message.body);
  if (!json.ok) return fault("json", json.detail);
  const envelope = json.value;
  if (typeof envelope !== "object" || envelope === null || Array.isArray(envelope)) {
    return fault("payload", "a structured CloudEvent is a JSON object");
  }
  const attribute = (name: string): unknown =>
    Object.hasOwn(envelope, name) ? (envelope as Record<string, unknown>)[name] : undefined;
  const attributes = readAttributes(attribute, "");
  if ("fault" in attributes) return { ok: false, fault: attributes.fault };
  const origin = attribute("traceparent");
  const encoded = attribute("data_base64");
  if (encoded !== undefined) {
    if (typeof encoded !== "string") return fault("payload", "data_base64 is not a string", attributes);
    const data = parseJson(Buffer.from(encoded, "base64"));
    if (!data.ok) return fault("json", data.detail, attributes);
    return event(message, attributes, data.value, origin);
  }
  return event(message, attributes, attribute("data") ?? null, origin);
}

function plain(message: BusMessage): Decoded {
  const json = parseJson(message.body);
  const given = message.headers.get("nats-msg-id");
  const id = isAttribute(given) ? given : `${message.streamCreated}-${message.sequence}`;
  const attributes = { source: message.subject, type: message.subject, id };
  if (!json.ok) return fault("json", json.detail, attributes);
  const time = message.headers.get("ce-time");
  const tenantid = message.headers.get("ce-tenantid");
  return event(
    message,
    {
      ...attributes,
      ...(time === undefined ? {} : { time }),
      ...(tenantid === undefined ? {} : { tenantid }),
    },
    json.value,
    message.headers.get("ce-traceparent"),
  );
}

interface Attributes {
  source: string;
  type: string;
  id: string;
  time?: unknown;
  tenantid?: string | undefined;
}

function readAttributes(read: (name: string) => unknown, prefix: string): Attributes | { fault: Malformed } {
  const given = Object.fromEntries(
    ATTRIBUTES.map((name) => [name, read(name)] as const).filter(([, value]) => value !== undefined),
  );
  const checked = validateCloudEvent(given);
  if (checked.ok) return checked.value;
  const missing = REQUIRED.find((name) => given[name] === undefined);
  const [issue] = checked.issues;
  const detail = missing === undefined ? `${issue?.pointer.slice(1)} ${issue?.message}` : `${missing} is missing`;
  const { source, id } = given;
  return {
    fault: {
      reason: "payload",
      detail: `${prefix}${detail}`,
      ...(isAttribute(source) ? { source } : {}),
      ...(isAttribute(id) ? { id } : {}),
    },
  };
}

function event(message: BusMessage, attributes: Attributes, data: unknown, origin: unknown): Decoded {
  const timeMs = typeof attributes.time === "string" ? Date.parse(attributes.time) : Number.NaN;
  const traceparent = message.headers.get("traceparent");
  return {
    ok: true,
    event: {
      source: attributes.source,
      id: attributes.id,
      type: attributes.type,
      ...(Number.isFinite(timeMs) ? { timeMs } : {}),
      ...(attributes.tenantid === undefined ? {} : { tenantId: attributes.tenantid }),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(typeof origin === "string" ? { origin } : {}),
      data,
    },
  };
}

function fault(reason: Malformed["reason"], detail: string, known?: { source: string; id: string }): Decoded {
  return { ok: false, fault: { reason, detail, ...(known && { source: known.source, id: known.id }) } };
}

/** One that may go into headers of dead letters and into spans. */
function isAttribute(value: unknown): value is string {
  return validateCloudEvent({ ...ANY, id: value }).ok;
}

/** Header values are percent-encoded UTF-8 in the NATS binding; a stray `%` is taken as it is. */
function percentDecoded(value: string | undefined): string | undefined {
  if (value === undefined || !value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function mediaType(value: string | undefined): string {
  return (value ?? "").split(";", 1)[0]!.trim().toLowerCase();
}
