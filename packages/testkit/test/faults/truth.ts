/** What is so, and what differs from it: in the answers to backends, in every roster and every watch of every client. */

import type { Member, UserPresence } from "@rollcall/contracts";
import type { App, Status } from "./app.ts";

export interface Truth {
  /** Those who are here, with the status that speaks for all of their devices. */
  users: ReadonlyMap<string, Status>;
  /** By room. */
  members: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What a backend reads. */
export interface Answers {
  list: readonly UserPresence[];
  members: ReadonlyMap<string, readonly Member[]>;
}

export interface Differences {
  /** Shown, but gone. */
  ghosts: string[];
  /** Here, but not shown. */
  missing: string[];
  /** Shown with another status. */
  wrong: string[];
}

const STRENGTH: Record<Status, number> = { away: 1, active: 2, busy: 3 };

export function truthOf(apps: readonly App[]): Truth {
  const users = new Map<string, Status>();
  const members = new Map<string, Set<string>>();
  for (const { here, user, status, rosters, observes } of apps) {
    if (!here) continue;
    const known = users.get(user);
    if (known === undefined || STRENGTH[status] > STRENGTH[known]) users.set(user, status);
    for (const room of rosters.keys()) {
      const there = members.get(room) ?? new Set();
      members.set(room, observes ? there : there.add(user));
    }
  }
  return { users, members };
}

export function differences(truth: Truth, answers: Answers, apps: readonly App[]): Differences {
  const found: Differences = { ghosts: [], missing: [], wrong: [] };
  const compare = (where: string, shown: Iterable<string>, real: Iterable<string>) => {
    const [a, b] = [new Set(shown), new Set(real)];
    for (const user of a) if (!b.has(user)) found.ghosts.push(`${where}: ${user}`);
    for (const user of b) if (!a.has(user)) found.missing.push(`${where}: ${user}`);
  };
  const statuses = (where: string, shown: Iterable<UserPresence>) => {
    for (const { user, status } of shown) {
      const real = truth.users.get(user);
      if (real !== undefined && status !== "offline" && status !== real)
        found.wrong.push(`${where}: ${user} ${status}`);
    }
  };

  compare(
    "presence.list",
    answers.list.map(({ user }) => user),
    truth.users.keys(),
  );
  statuses("presence.list", answers.list);
  for (const [room, members] of answers.members) {
    compare(
      `room.members ${room}`,
      members.map(({ user }) => user),
      truth.members.get(room) ?? [],
    );
  }
  for (const app of apps) {
    if (!app.here) continue;
    const name = `${app.user} on edge ${app.edge}`;
    if (!app.settled) found.missing.push(`${name}: not settled (${app.standing})`);
    for (const [room, view] of app.rosters) {
      compare(`roster ${room} of ${name}`, view.members.keys(), truth.members.get(room) ?? []);
    }
    const watched = [...app.watching.users.values()];
    const online = watched.filter(({ status }) => status !== "offline").map(({ user }) => user);
    compare(
      `watch of ${name}`,
      online,
      [...truth.users.keys()].filter((user) => app.watching.users.has(user)),
    );
    statuses(`watch of ${name}`, watched);
  }
  return found;
}

export const agrees = ({ ghosts, missing, wrong }: Differences): boolean =>
  ghosts.length + missing.length + wrong.length === 0;
