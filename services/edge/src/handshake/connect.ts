/**
 * From a CONNECT packet to a session: auth, token, rights to the namespace, limits, and presence's word on the session
 * id. A refusal that the app must mend is a CONNECT_ERROR; one that passes by itself closes the transport, so that stock
 * clients come back.
 */

import {
  type Auth,
  type ErrorCode,
  type NamespaceContract,
  PROTOCOL_VERSION,
  RollcallError,
  validateAuth,
} from "@rollcall/contracts";
import type { LaneData } from "@rollcall/contracts/internal";
import { Buckets } from "@rollcall/runtime";
import { ATTRIBUTES, startSpan } from "@rollcall/telemetry";
import type { Socket } from "socket.io";
import { Rights } from "../clients/rights.ts";
import { Session } from "../clients/session.ts";
import type { Parts } from "../parts.ts";
import { factsOf, traceOf } from "../sessions/lifecycle.ts";
import type { OpBody } from "../sessions/ops.ts";
import { sessionLimits } from "./session-limits.ts";
import type { VerifiedToken } from "./token.ts";

/** Codes of CONNECT_ERROR: final for stock clients, so only what the app must mend. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "AUTH_REQUIRED",
  "AUTH_INVALID",
  "AUTH_EXPIRED",
  "AUTH_REVOKED",
  "FORBIDDEN",
  "PAYLOAD_INVALID",
  "PROTOCOL_UNSUPPORTED",
]);

export const isFinal = (code: ErrorCode): boolean => FINAL.has(code);

export interface Connected {
  session: Session;
  resumed: boolean;
}

/** Throws a catalogue error; {@link isFinal} tells which kind of refusal it is. */
export async function connect(parts: Parts, namespace: string, socket: Socket): Promise<Connected> {
  const contract = parts.contracts.current.namespaces.get(namespace);
  if (contract === undefined) throw new RollcallError("NAMESPACE_UNKNOWN");
  const auth = checkedAuth(socket.handshake.auth);
  const verified = await parts.verifier.verify(auth.token);
  if (!verified.namespaces.includes(contract.namespace)) throw new RollcallError("FORBIDDEN");
  const { settings, health } = parts;
  const mostOfUser = Math.min(settings.MAX_CONNECTIONS_PER_USER, verified.claims.limits?.connections ?? Infinity);
  if (health.view.fanout === "stale") throw new RollcallError("UNAVAILABLE");
  if (socket.conn.readyState !== "open") throw new RollcallError("UNAVAILABLE");
  const session = newSession(parts, contract, socket, auth, verified);
  // Here at once, and over all edges by presence, which knows them: what is away cannot be asked, and bounds nothing.
  if (isOneTooMany(parts, session, mostOfUser)) {
    parts.delivery.detach(session.member);
    throw new RollcallError("LIMIT_EXCEEDED");
  }
  parts.lifecycle.claim(session);
  try {
    return { session, resumed: await open(parts, session, auth, mostOfUser) };
  } catch (error) {
    parts.lifecycle.abandoned(session);
    throw error;
  }
}

/** One that takes its own place is none more. */
function isOneTooMany({ registry }: Parts, { ref, key }: Session, most: number): boolean {
  return !registry.has(key) && registry.countOfUser(ref.tenant, ref.user) >= most;
}

function checkedAuth(auth: Record<string, unknown>): Auth {
  if (auth.token === undefined || auth.token === null) throw new RollcallError("AUTH_REQUIRED");
  const result = validateAuth(auth);
  if (!result.ok) throw RollcallError.invalid(result.issues);
  const checked = result.value;
  if (checked.protocol !== undefined && checked.protocol !== PROTOCOL_VERSION) {
    throw new RollcallError("PROTOCOL_UNSUPPORTED", { details: { supported: [PROTOCOL_VERSION] } });
  }
  return checked;
}

function newSession(
  parts: Parts,
  contract: NamespaceContract,
  socket: Socket,
  auth: Auth,
  verified: VerifiedToken,
): Session {
  const { tenant, user, claims } = verified;
  return new Session({
    ref: { tenant, namespace: contract.namespace, user, session: auth.session ?? parts.random.id() },
    socket,
    member: parts.delivery.attach(socket),
    contract,
    cell: parts.cellOf(tenant).name,
    rights: new Rights(verified),
    limits: sessionLimits(parts.settings, claims.limits),
    name: claims.name,
    client: auth.client,
    connectedMs: parts.clock.monotonic(),
    buckets: new Buckets(),
  });
}

/** Waits for presence, but not long, and not at all when it is known to be away: its answer is applied when it comes. */
async function open(parts: Parts, session: Session, auth: Auth, mostSessions: number): Promise<boolean> {
  const { link } = parts.cellOf(session.ref.tenant);
  const presence = auth.presence === undefined ? {} : { presence: auth.presence };
  const { tenant, namespace } = session.ref;
  const span = startSpan("request", "session:open", {
    kind: "server",
    attributes: { [ATTRIBUTES.tenant]: tenant, [ATTRIBUTES.namespace]: namespace },
  });
  if (span.sampled) session.trace = span.traceparent;
  const facts = { ...factsOf(session), ...presence, ...traceOf(session) };
  const body: OpBody = { op: "open", ref: session.ref, mostSessions, ...facts };
  const isAway = link.health === "stale";
  const opening = link
    .submit(body, { applied: (data) => parts.lifecycle.opened(session, data) })
    .then((data) => (data as Extract<LaneData, { op: "open" }>).resumed);
  const waited = new AbortController();
  const patience = parts.clock.sleep(isAway ? 0 : parts.settings.OPEN_WAIT_MS, waited.signal).then(() => false);
  patience.catch(() => undefined); // aborted: the answer came first
  try {
    return await Promise.race([opening, patience]);
  } finally {
    waited.abort();
    opening
      .catch((error: unknown) => {
        span.fail(error);
        parts.lifecycle.openFailed(session, RollcallError.from(error));
      })
      .finally(() => span.end());
  }
}
