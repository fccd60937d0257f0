/**
 * What becomes of a domain event: who gets it, or why it cannot be routed. Pure, and the same at every delivery of one
 * message under one set of contracts.
 */

import { type Contracts, type EventContract, type Issue, isName } from "@rollcall/contracts";
import { messageId } from "@rollcall/contracts/internal";
import type { BusMessage, Decoded, DomainEvent } from "../streams/cloud-event.ts";
import { fitsOnWire } from "./packet.ts";

/** Why an event ended in the dead-letter stream. Open: the wire contract allows more. */
export type DeadReason = "json" | "undeclared" | "payload" | "audience" | "tenant" | "expired" | "failed";

export interface Dead {
  kind: "dead";
  reason: DeadReason;
  /** For operators: names and JSON pointers, never a value of the payload. */
  detail: string;
  event?: string;
  tenant?: string;
  source?: string;
  id?: string;
}

export interface Accepted {
  kind: "accepted";
  contract: EventContract;
  tenant: string;
  /** `meta.id`. */
  mid: string;
  domain: DomainEvent;
  /** The data as it was validated, encoded once. */
  dataJson: string;
  audience: Audience;
  /** Violations let through by `enforcement: warn`. */
  warnings: readonly Issue[];
}

export type Audience = { to: "room"; room: string } | { to: "users"; users: readonly string[] };
export type Decision = Accepted | Dead;

const SHOWN_ISSUES = 5;
const SHOWN_TYPES = 5;
/** Of a type: those of a contract are shorter, one that came may be anything. */
const SHOWN_CHARS = 100;

export function route(contracts: Contracts, message: BusMessage, decoded: Decoded): Decision {
  if (!decoded.ok) return { kind: "dead", ...decoded.fault };
  const domain = decoded.event;
  const identity = { source: domain.source, id: domain.id };

  const found = contracts.route(message.subject, domain.type);
  if (found === undefined) {
    const detail = undeclared(contracts, message.subject, domain.type);
    return { kind: "dead", reason: "undeclared", detail, ...identity };
  }
  const contract = found.event;
  const tenant = tenantOf(contract, found.tenant, domain.tenantId);
  const known = { event: contract.name, ...identity };
  if (tenant === undefined) {
    return { kind: "dead", reason: "tenant", detail: tenantDetail(contract, domain.tenantId), ...known };
  }
  const dead = (reason: DeadReason, detail: string): Dead => ({ kind: "dead", reason, detail, tenant, ...known });

  const ttlMs = contract.durable?.ttlMs;
  if (ttlMs !== undefined && domain.timeMs !== undefined && domain.timeMs + ttlMs <= message.arrivedAtMs) {
    return dead("expired", "ce-time plus the event's ttl had passed on arrival");
  }

  const issues = contract.validate(domain.data);
  if (issues !== undefined && contract.enforcement === "enforce") return dead("payload", describeIssues(issues));

  if (contract.audience === undefined) return dead("audience", "the event declares no audience");
  const audience = contract.audience.of(domain.data);
  if (!audience.ok) return dead("audience", audience.detail);
  if (audience.to === "room" && contracts.namespaces.get(contract.namespace)?.room(audience.room) === undefined) {
    return dead("audience", "no contract declares the room");
  }
  const dataJson = JSON.stringify(domain.data);
  if (!fitsOnWire(contract.name, dataJson)) return dead("payload", "the event would exceed its size limit");

  return {
    kind: "accepted",
    contract,
    tenant,
    mid: messageId(tenant, domain.source, domain.id),
    domain,
    dataJson,
    audience:
      audience.to === "room" ? { to: "room", room: audience.room } : { to: "users", users: unique(audience.users) },
    warnings: issues ?? [],
  };
}

/** Where only the type is another one, which came and which there are: plain JSON has its subject for a type. */
function undeclared(contracts: Contracts, subject: string, type: string): string {
  const events = [...contracts.namespaces.values()].flatMap((namespace) => [...namespace.events.values()]);
  const here = events.filter((event) => event.from?.match(subject) !== undefined);
  const types = here.flatMap(({ type: declared }) => declared ?? []); // without a type it would have been taken
  if (types.length === 0) return "no contract declares this subject and type";
  const shown = types.slice(0, SHOWN_TYPES).map(clipped).join(", ");
  const more = types.length > SHOWN_TYPES ? ` and ${types.length - SHOWN_TYPES} more` : "";
  return `no contract declares this subject with the type ${clipped(type)}; declared for it: ${shown}${more}`;
}

const clipped = (text: string) => (text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text);

/** Undefined: the event claims another tenant than its subject, or none where it must name one. */
function tenantOf(contract: EventContract, bySubject: string, claimed: string | undefined): string | undefined {
  if (contract.tenantFrom === "header") return isName("tenant", claimed) ? claimed : undefined;
  if (!isName("tenant", bySubject)) return undefined;
  return claimed === undefined || claimed === bySubject ? bySubject : undefined;
}

function tenantDetail(contract: EventContract, claimed: string | undefined): string {
  if (contract.tenantFrom === "header") {
    return claimed === undefined ? "ce-tenantid is missing" : "ce-tenantid is not a tenant";
  }
  return claimed === undefined
    ? "the subject's tenant is not a tenant"
    : "ce-tenantid differs from the subject's tenant";
}

/** Pointers and rules, never values. */
export function describeIssues(issues: readonly Issue[]): string {
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => `${issue.pointer || "/"} ${issue.message}`);
  const more = issues.length - shown.length;
  return more > 0 ? `${shown.join("; ")}; and ${more} more` : shown.join("; ");
}

const unique = (users: readonly string[]) => [...new Set(users)];
