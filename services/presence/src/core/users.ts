/** Commits a user's record and tells who reads it (U2-U4). */

import { watchTarget } from "@rollcall/contracts";
import { birth, type Cause, drop, iso, own, userKey, type Work } from "./cell.ts";
import { changeOf, newUser, type Truth, truthOf, type User } from "./user.ts";

export function loadUser(work: Work, tenant: string, user: string): User {
  return work.cell.users.get(userKey(tenant, user)) ?? newUser(tenant, user);
}

const parsed = (json: string | undefined): { info?: unknown } => (json === undefined ? {} : { info: JSON.parse(json) });

export const userEpoch = (work: Work, user: User): string => `${work.cell.epoch}.${user.birth}`;

/** Writes `user` in place of what the cell holds. Returns the record as written. */
export function saveUser(work: Work, user: User, cause: Cause): User {
  const { cell } = work;
  const key = userKey(user.tenant, user.user);
  const before = truthOf(cell.users.get(key) ?? newUser(user.tenant, user.user));
  const after = truthOf(user);
  const change = changeOf(before, after);
  let saved = user;
  if (change !== undefined) {
    const version = change.kind === "online" ? 1 : user.version + 1;
    saved = { ...user, version, birth: change.born ? birth(work) : user.birth };
  }
  if (after === undefined) drop(work, "users", key);
  else own(work, "users").set(key, saved);
  if (change === undefined) return saved;

  const epoch = userEpoch(work, saved);
  const { tenant, user: name, version } = saved;
  const id = `${cell.epoch}-${saved.birth}-u${version}`;
  const facts = (truth: Truth) => ({
    status: truth.status,
    ...parsed(truth.info),
    devices: truth.devices,
    epoch,
    version,
  });
  const hidden = (after ?? before!).hidden;
  const told = after === undefined ? { status: "offline", devices: 0, epoch, version } : facts(after);
  work.told.push({
    to: "backends",
    kind: change.kind,
    id,
    tenant,
    user: name,
    ns: "",
    room: "",
    data: { tenant, user: name, ...told, visible: !hidden, at: iso(work.nowMs), reason: cause.reason },
    traceparent: cause.traceparent,
    delayMs: cause.delayMs,
  });
  if (change.seen) {
    const view = after === undefined || after.hidden ? { status: "offline" } : facts(after);
    const { from } = cause;
    const meta = { id, ts: iso(work.nowMs), ...(from === undefined ? {} : { from }), ...trace(work, cause) };
    work.told.push({
      to: "sockets",
      ns: "/",
      tenant,
      target: watchTarget(tenant, name),
      packet: ["presence:changed", { changes: [{ user: name, ...view }] }, meta],
      traceparent: cause.traceparent,
    });
  }
  return saved;
}

const isSampled = (traceparent: string) => /[13579bdf]$/.test(traceparent);

/** For `meta`: a sampled trace, when clients may see it. */
export const trace = ({ bounds }: Work, { traceparent }: Cause): { traceparent?: string } =>
  traceparent !== undefined && bounds.traceToClient && isSampled(traceparent) ? { traceparent } : {};
