/** One room's roster: who is in it, by which sessions (R1). Names and infos are JSON texts. */

export interface Presence {
  readonly id: string;
  readonly sinceMs: number;
  /** Roster version of its last write of name or info; undefined when it wrote none. */
  readonly w: number | undefined;
  readonly name: string | undefined;
  readonly info: string | undefined;
}

export type Roster = ReadonlyMap<string, readonly Presence[]>;

export interface MemberTruth {
  user: string;
  name: string | undefined;
  /** `null` is none. */
  info: string | undefined;
  devices: number;
  sinceMs: number;
}

/** R1: the earliest `since`, the latest name and info written. */
export function memberOf(user: string, presences: readonly Presence[]): MemberTruth {
  const latest = (field: "name" | "info") =>
    presences
      .filter((one) => one[field] !== undefined)
      .reduce<Presence | undefined>(
        (best, one) => (best === undefined || (one.w ?? 0) > (best.w ?? 0) ? one : best),
        undefined,
      )?.[field];
  const info = latest("info");
  return {
    user,
    name: latest("name"),
    info: info === "null" ? undefined : info,
    devices: presences.length,
    sinceMs: Math.min(...presences.map((one) => one.sinceMs)),
  };
}

export interface JoinWrite {
  session: string;
  name: string | undefined;
  /** Undefined: writes none. */
  info: string | undefined;
  nowMs: number;
  /** The version this write gets if it is seen. */
  version: number;
}

export interface RosterStep {
  roster: Roster;
  /** Undefined when nobody can see a difference. */
  change: "joined" | "updated" | "left" | undefined;
}

const alike = (a: MemberTruth, b: MemberTruth) => JSON.stringify(a) === JSON.stringify(b);

export function join(roster: Roster, user: string, write: JoinWrite): RosterStep {
  const before = roster.get(user) ?? [];
  const { session, name, info, nowMs, version } = write;
  let mine = before.find(({ id }) => id === session);
  const others = before.filter((one) => one !== mine);
  const fresh = mine === undefined;
  mine ??= { id: session, sinceMs: nowMs, w: name === undefined ? undefined : version, name, info: undefined };
  if (info !== undefined) mine = { ...mine, w: version, name, info };
  const after = fresh ? [...before, mine] : before.map((one) => (one.id === session ? mine : one));
  const next = new Map(roster).set(user, after);
  if (before.length === 0) return { roster: next, change: "joined" };
  const same = others.length + 1 === before.length && alike(memberOf(user, before), memberOf(user, after));
  return { roster: next, change: same ? undefined : "updated" };
}

export function leave(roster: Roster, user: string, session: string): RosterStep {
  const before = roster.get(user) ?? [];
  const rest = before.filter(({ id }) => id !== session);
  if (rest.length === before.length) return { roster, change: undefined };
  const next = new Map(roster);
  if (rest.length > 0) next.set(user, rest);
  else next.delete(user);
  return { roster: next, change: rest.length > 0 ? "updated" : "left" };
}
