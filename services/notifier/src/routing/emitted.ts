/**
 * A durable event that the `emit` request accepted, as it lies in its stream: a CloudEvent whose id is the request's,
 * whose type is the event's name, and whose data says for whom it is. Pure.
 */

import { type Contracts, isName } from "@rollcall/contracts";
import type { BusMessage, Decoded } from "../streams/cloud-event.ts";
import { fitsOnWire } from "./packet.ts";
import { type Dead, type DeadReason, type Decision, describeIssues } from "./route.ts";

/** `ce-source` of all of them. */
export const EMITTED_SOURCE = "rollcall/emit";

export interface EmittedData {
  namespace: string;
  users: readonly string[];
  data: unknown;
}

/** The tenant is the last token of its subject. Contracts may have changed since it was accepted. */
export function routeEmitted(contracts: Contracts, message: BusMessage, decoded: Decoded): Decision {
  if (!decoded.ok) return { kind: "dead", ...decoded.fault };
  const domain = decoded.event;
  const tenant = message.subject.split(".").at(-1);
  const known = { event: domain.type, source: domain.source, id: domain.id };
  const dead = (reason: DeadReason, detail: string): Dead => ({
    kind: "dead",
    reason,
    detail,
    ...(isName("tenant", tenant) ? { tenant } : {}),
    ...known,
  });
  if (!isName("tenant", tenant)) return dead("tenant", "the subject's tenant is not a tenant");
  const { namespace, users, data } = domain.data as EmittedData;
  const contract = contracts.namespaces.get(namespace)?.events.get(domain.type);
  if (contract === undefined) return dead("undeclared", "no contract declares the event any more");
  const issues = contract.validate(data);
  if (issues !== undefined && contract.enforcement === "enforce") return dead("payload", describeIssues(issues));
  const dataJson = JSON.stringify(data);
  if (!fitsOnWire(contract.name, dataJson)) return dead("payload", "the event would exceed its size limit");
  return {
    kind: "accepted",
    contract,
    tenant,
    mid: domain.id,
    domain: { ...domain, data },
    dataJson,
    audience: { to: "users", users },
    // Counted where it was accepted.
    warnings: [],
  };
}
