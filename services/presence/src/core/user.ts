/** A user: the merge of its sessions (U1-U4). JSON values are texts here, as in the scripts. */

import type { PresenceStatus } from "@rollcall/contracts";

export type Status = Exclude<PresenceStatus, "invisible">;

export interface Membership {
  readonly room: string;
  readonly observe: boolean;
}

export interface Session {
  readonly ns: string;
  readonly id: string;
  readonly edge: string;
  readonly incarnation: number;
  /** When its socket connected, in the cell's passed time; undefined: unknown, so older than any. */
  readonly connectedMs: number | undefined;
  /** Why its socket went; undefined while it is online. */
  readonly lost: string | undefined;
  readonly sinceMs: number;
  readonly issuedAtMs: number;
  readonly status: Status;
  /** Orders the user's writes. */
  readonly w: number;
  readonly rooms: readonly Membership[];
  readonly client: string | undefined;
  readonly name: string | undefined;
  readonly info: string | undefined;
  /** The traceparent of its connect, when that was sampled. */
  readonly trace: string | undefined;
}

export interface User {
  readonly tenant: string;
  readonly user: string;
  readonly birth: number;
  readonly version: number;
  readonly hidden: boolean;
  readonly sessions: readonly Session[];
}

export interface Truth {
  status: Status;
  info: string | undefined;
  devices: number;
  hidden: boolean;
}

const STRENGTH: Record<Status, number> = { busy: 3, active: 2, away: 1 };

function isStronger(a: Session, b: Session): boolean {
  if (STRENGTH[a.status] !== STRENGTH[b.status]) return STRENGTH[a.status] > STRENGTH[b.status];
  if (a.w !== b.w) return a.w > b.w;
  if (a.ns !== b.ns) return a.ns > b.ns;
  return a.id > b.id;
}

/** U1. Undefined: offline. */
export function truthOf(user: Pick<User, "sessions" | "hidden">): Truth | undefined {
  const [first, ...rest] = user.sessions;
  if (first === undefined) return undefined;
  const best = rest.reduce((strongest, one) => (isStronger(one, strongest) ? one : strongest), first);
  return { status: best.status, info: best.info, devices: user.sessions.length, hidden: user.hidden };
}

export const newUser = (tenant: string, user: string): User => ({
  tenant,
  user,
  birth: 0,
  version: 0,
  hidden: false,
  sessions: [],
});

/** Those with a socket. */
export const liveSessions = ({ sessions }: User): number => sessions.filter(({ lost }) => lost === undefined).length;

export const findSession = (user: User, ns: string, id: string): Session | undefined =>
  user.sessions.find((session) => session.ns === ns && session.id === id);

export function putSession(user: User, session: Session): User {
  const known = findSession(user, session.ns, session.id);
  const sessions =
    known === undefined ? [...user.sessions, session] : user.sessions.map((one) => (one === known ? session : one));
  return { ...user, sessions };
}

export const dropSession = (user: User, { ns, id }: Pick<Session, "ns" | "id">): User => ({
  ...user,
  sessions: user.sessions.filter((session) => session.ns !== ns || session.id !== id),
});

/** The last write of a session wins; hiding leaves its status as it was. */
export function writePresence(user: User, session: Session, status: PresenceStatus, info: string | undefined): User {
  const w = 1 + Math.max(0, ...user.sessions.map((one) => one.w));
  const hidden = status === "invisible";
  const written = { ...session, w, info, ...(hidden ? {} : { status }) };
  return { ...putSession(user, written), hidden };
}

/** What an edge says of a session whose record may be older than that. */
export function catchUp(user: User, session: Session, status: PresenceStatus, info: string | undefined): User {
  const hides = status === "invisible";
  const isEqual = user.hidden === hides && session.info === info && (hides || session.status === status);
  return isEqual ? user : writePresence(user, session, status, info);
}

export const differs = (a: Truth | undefined, b: Truth | undefined): boolean =>
  a === undefined || b === undefined ? a !== b : a.status !== b.status || a.info !== b.info || a.devices !== b.devices;

export interface UserChange {
  kind: "online" | "offline" | "changed";
  /** Does a watcher read something else now (U3)? */
  seen: boolean;
  /** Does a new birth begin (U4)? */
  born: boolean;
}

/** U2: what a commit changed for those who read; undefined when nothing. */
export function changeOf(before: Truth | undefined, after: Truth | undefined): UserChange | undefined {
  const visible = (truth: Truth | undefined) => (truth?.hidden === false ? truth : undefined);
  const seen = differs(visible(before), visible(after));
  if (before === undefined) return after === undefined ? undefined : { kind: "online", seen, born: true };
  if (after === undefined) return { kind: "offline", seen, born: false };
  if (!differs(before, after) && before.hidden === after.hidden) return undefined;
  return { kind: "changed", seen, born: before.hidden && !after.hidden };
}
