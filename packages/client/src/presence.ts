/** Watching users, and saying how one is oneself. Rules W1-W5 of `SPEC.md`. */

import type { Clock } from "./clock.ts";
import type { RollcallError } from "./errors.ts";
import { createFollow, type Follow } from "./follow.ts";
import { cell, type Readable, type Report } from "./readable.ts";
import { FAIL, type RequestOptions, type Requests } from "./requests.ts";
import type { PresenceStatus, UserPresence } from "./wire.ts";

export type Presences = ReadonlyMap<string, UserPresence>;

export interface WatchSnapshot {
  /** `live`: as the server says. `stale`: as it last said, or not known yet. `failed`: see `error`. */
  readonly phase: "live" | "stale" | "failed";
  /** Those known so far. */
  readonly users: Presences;
  readonly error?: RollcallError;
}

export interface Watch extends Readable<WatchSnapshot>, Disposable {
  close(): void;
}

export interface Presence {
  /** Follows these users until closed. One user without the right fails them all. */
  watch(users: readonly string[]): Watch;
  /** Kept over reconnects. */
  set(status: PresenceStatus, info?: unknown, options?: RequestOptions): Promise<{ version: number }>;
}

export interface PresenceShell {
  readonly presence: Presence;
  /** What `set` was last told: a new session begins with it. */
  wanted(): { status: PresenceStatus; info?: unknown } | undefined;
  up(): void;
  down(): void;
  changed(changes: readonly UserPresence[]): void;
  resync(spreadMs: number): void;
}

const USERS_PER_REQUEST = 200;

/** W2: per user, what is older is ignored; another epoch, or none (offline), is news. Same map when nothing is. */
export function foldPresence(users: Presences, changes: readonly UserPresence[]): Presences {
  let next: Map<string, UserPresence> | undefined;
  for (const change of changes) {
    const known = (next ?? users).get(change.user);
    const old =
      known?.epoch !== undefined && known.epoch === change.epoch && (change.version ?? 0) <= (known.version ?? 0);
    if (!old) next = (next ?? new Map(users)).set(change.user, change);
  }
  return next ?? users;
}

interface OpenWatch extends Follow<readonly UserPresence[]> {
  readonly wanted: ReadonlySet<string>;
}

export function createPresence(clock: Clock, report: Report, requests: Requests, online: () => boolean): PresenceShell {
  const watches = new Set<OpenWatch>();
  let wanted: { status: PresenceStatus; info?: unknown } | undefined;

  /** In requests of bounded size. */
  async function ask(
    name: string,
    users: readonly string[],
    answered?: (users: UserPresence[]) => void,
  ): Promise<void> {
    for (let i = 0; i < users.length; i += USERS_PER_REQUEST) {
      const payload = { users: users.slice(i, i + USERS_PER_REQUEST) };
      const answer = await requests.request<{ users: UserPresence[] }>(name, payload, FAIL);
      answered?.(answer.users);
    }
  }

  function watch(asked: readonly string[]): Watch {
    const wanted = new Set(asked);
    const snapshot = cell<WatchSnapshot>({ phase: "stale", users: new Map() }, report);
    let users: Presences = new Map();

    const follow = createFollow<readonly UserPresence[]>(clock, report, {
      async ask(current) {
        await ask("presence:watch", [...wanted], (answer) => {
          if (current()) users = foldPresence(users, answer);
        });
      },
      fold(changes) {
        users = foldPresence(
          users,
          changes.filter(({ user }) => wanted.has(user)),
        );
      },
      changed() {
        const phase = follow.live() ? "live" : "stale";
        const now = snapshot.get();
        if (now.phase !== phase || now.users !== users) snapshot.set({ phase, users });
      },
      refused(error) {
        watches.delete(open); // W4
        snapshot.set({ phase: "failed", users: new Map(), error });
      },
    });
    const open: OpenWatch = { ...follow, wanted };

    function close(): void {
      if (!watches.delete(open)) return;
      follow.stop();
      // W5: only those whom nobody else here watches.
      const others = asked.filter((user) => ![...watches].some((other) => other.wanted.has(user)));
      if (online()) ask("presence:unwatch", others).catch(report);
    }

    watches.add(open);
    if (online()) follow.start();
    return { get: snapshot.get, subscribe: snapshot.subscribe, close, [Symbol.dispose]: close };
  }

  return {
    presence: {
      watch,
      set(status, info, request) {
        wanted = { status, ...(info !== undefined && { info }) };
        return requests.request("presence:set", wanted, request);
      },
    },
    wanted: () => wanted,
    up() {
      for (const one of watches) one.start();
    },
    down() {
      for (const one of watches) one.stop();
    },
    changed(changes) {
      for (const one of [...watches]) one.receive(changes);
    },
    resync(spreadMs) {
      for (const one of watches) {
        one.stop();
        one.start(spreadMs * clock.random());
      }
    },
  };
}
