/**
 * Who watches whom on this edge, and what they are still to be told: at most one `presence:changed` per window and
 * socket, the latest reading of each user, and nothing when a watcher would read what it has read before.
 */

import type { UserPresence } from "@rollcall/contracts";
import type { Clock, Timer } from "@rollcall/runtime";

/** Users in one `presence:changed`: with the largest info it stays far below the limit of an event. */
const MAX_CHANGES = 200;

interface Watched<W> {
  watchers: Set<W>;
  /** The newest reading known here. */
  last: UserPresence | undefined;
}

interface Change {
  /** What the watcher has read before, if known. */
  before: UserPresence | undefined;
  after: UserPresence;
}

export interface WatchHubOptions<W> {
  clock: Clock;
  windowMs: number;
  send(watcher: W, changes: UserPresence[]): void;
}

export class WatchHub<W> {
  readonly #options: WatchHubOptions<W>;
  readonly #watched = new Map<string, Watched<W>>();
  readonly #due = new Map<W, Map<string, Change>>();
  /** Watchers not yet answered: their changes wait for the ack. */
  readonly #held = new Map<W, number>();
  /** Sent to within the current window. */
  readonly #cooling = new Set<W>();
  #timer: Timer | undefined;

  constructor(options: WatchHubOptions<W>) {
    this.#options = options;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** `key`: tenant and user, as a watch target has them after its `w:`. */
  isWatched(key: string): boolean {
    return this.#watched.has(key);
  }

  watch(tenant: string, user: string, watcher: W): void {
    const key = keyOf(tenant, user);
    const watched = this.#watched.get(key);
    if (watched === undefined) this.#watched.set(key, { watchers: new Set([watcher]), last: undefined });
    else watched.watchers.add(watcher);
  }

  unwatch(tenant: string, user: string, watcher: W): void {
    const key = keyOf(tenant, user);
    const watched = this.#watched.get(key);
    if (watched?.watchers.delete(watcher) && watched.watchers.size === 0) this.#watched.delete(key);
    this.#due.get(watcher)?.delete(user);
  }

  /** The socket is gone. */
  drop(tenant: string, users: Iterable<string>, watcher: W): void {
    for (const user of users) this.unwatch(tenant, user, watcher);
    this.#due.delete(watcher);
    this.#held.delete(watcher);
    this.#cooling.delete(watcher);
  }

  /** From now on nothing is sent to the watcher until as many {@link release} have come: an answer is under way. */
  hold(watcher: W): void {
    this.#held.set(watcher, (this.#held.get(watcher) ?? 0) + 1);
  }

  release(watcher: W): void {
    const holds = (this.#held.get(watcher) ?? 0) - 1;
    if (holds > 0) this.#held.set(watcher, holds);
    else this.#held.delete(watcher);
  }

  /** A reading that a watcher was given in an answer. */
  learned(tenant: string, reading: UserPresence): void {
    const watched = this.#watched.get(keyOf(tenant, reading.user));
    if (watched !== undefined && !isOlder(reading, watched.last)) watched.last = reading;
  }

  /** A change from the log. */
  changed(tenant: string, reading: UserPresence): void {
    const watched = this.#watched.get(keyOf(tenant, reading.user));
    if (watched === undefined || isOlder(reading, watched.last)) return;
    const before = watched.last;
    watched.last = reading;
    for (const watcher of watched.watchers) {
      const due = this.#due.get(watcher) ?? new Map<string, Change>();
      this.#due.set(watcher, due);
      const earlier = due.get(reading.user);
      due.set(reading.user, { before: earlier === undefined ? before : earlier.before, after: reading });
    }
  }

  flush(): void {
    for (const [watcher, due] of this.#due) {
      if (this.#cooling.has(watcher) || this.#held.has(watcher)) continue;
      this.#due.delete(watcher);
      const changes = [...due.values()].filter(({ before, after }) => !readsAlike(before, after));
      if (changes.length === 0) continue;
      this.#cooling.add(watcher);
      for (let i = 0; i < changes.length; i += MAX_CHANGES) {
        this.#options.send(
          watcher,
          changes.slice(i, i + MAX_CHANGES).map(({ after }) => after),
        );
      }
    }
    if (this.#timer !== undefined || (this.#cooling.size === 0 && this.#due.size === 0)) return;
    this.#timer = this.#options.clock.setTimer(this.#options.windowMs, () => {
      this.#timer = undefined;
      this.#cooling.clear();
      this.flush();
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#watched.clear();
    this.#due.clear();
  }
}

const keyOf = (tenant: string, user: string) => `${tenant}/${user}`;

/** Offline readings carry no version: of two of which one has none, the log's order decides. */
function isOlder(reading: UserPresence, last: UserPresence | undefined): boolean {
  if (reading.epoch === undefined || reading.epoch !== last?.epoch) return false;
  return (reading.version ?? 0) <= (last.version ?? 0);
}

function readsAlike(a: UserPresence | undefined, b: UserPresence): boolean {
  return (
    a !== undefined &&
    a.status === b.status &&
    a.devices === b.devices &&
    JSON.stringify(a.info) === JSON.stringify(b.info) &&
    a.epoch === b.epoch
  );
}
