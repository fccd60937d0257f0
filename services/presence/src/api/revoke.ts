/** Taking away what was granted: remembered for as long as a token can be valid, done in the cell, told to every edge. */

import { DEFAULT_NAMESPACE, type RequestBody, RollcallError } from "@rollcall/contracts";
import type { ControlMessage } from "@rollcall/contracts/internal";
import type { Revocations } from "../redis/revocations.ts";
import type { PresenceStore, SessionRevocation } from "../store.ts";

export interface RevokeOptions {
  store: Pick<PresenceStore, "revoke">;
  revocations: Pick<Revocations, "record">;
  /** To every edge, at most once. */
  tellEdges(message: ControlMessage): void;
  /** A request has changed something that backends are to be told of. */
  committed(): void;
}

/** Resolves with how many sessions ended or left. */
export async function revoke(
  options: RevokeOptions,
  { tenant, traceparent }: { tenant: string; traceparent: string | undefined },
  { user, session, room, namespace: named, issuedBefore }: RequestBody<"session.revoke">,
): Promise<number> {
  const namespace = room === undefined ? named : (named ?? DEFAULT_NAMESPACE);
  const before = issuedBefore === undefined ? undefined : timeOf(issuedBefore);
  // A session's id is no right: ending one forbids nothing.
  const issuedBeforeMs =
    session === undefined || room !== undefined
      ? await options.revocations.record({ tenant, user, namespace, room, issuedBeforeMs: before })
      : before;
  return endRevoked(options, { tenant, user, session, namespace, room, issuedBeforeMs, traceparent });
}

/** What a revocation concerns ends now, wherever it is. Resolves with how many sessions ended or left. */
export async function endRevoked(
  { store, committed, tellEdges }: Omit<RevokeOptions, "revocations">,
  { traceparent, ...revocation }: SessionRevocation,
): Promise<number> {
  const revoked = await store.revoke({ ...revocation, traceparent });
  committed();
  tellEdges({ kind: "revoked", ...defined(revocation) });
  return revoked;
}

/** RFC 3339 in UTC, or whole seconds as in a token's `iat`. */
function timeOf(value: string | number): number {
  const utc = typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value);
  const ms = typeof value === "number" ? value * 1000 : utc ? Date.parse(value) : Number.NaN;
  if (Number.isSafeInteger(ms)) return ms;
  throw RollcallError.invalid([
    { pointer: "/issuedBefore", keyword: "format", message: "must be a time: RFC 3339, UTC" },
  ]);
}

/** Without what is undefined. */
function defined<T extends Record<string, unknown>>(record: T) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
