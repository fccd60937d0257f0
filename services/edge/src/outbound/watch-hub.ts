/**
 * Who watches whom on this edge, and what they are still to be told: at most one `presence:changed` per window and
 * socket, the latest reading of each user, and nothing when a watcher would read what it has read before.
 *
 * Answers and the log have one order: each answer names the place in the log up to which it knows everything. A change at
 * or before that place is not told to who has the answer, and to everybody else it is.
 */

import type { UserPresence } from "@rollcall/contracts";
import type { Clock, Timer } from "@rollcall/runtime";
import { isAfter } from "./position.ts";

/** Users in one `presence:changed`: with the largest info it stays far below the limit of an event. */
const MAX_CHANGES = 200;

interface Watched<W> {
  watchers: Set<W>;
  /** The newest in the log so far; while nothing of the user was in it, the oldest that was answered. */
  last: UserPresence | undefined;
  /** The place of that answer. */
  answeredAt?: string | undefined;
}

interface Change {
  /** What the watcher has read before, if known. */
  before: UserPresence | undefined;
  after: UserPresence;
  /** Its place in the log. */
  at: string;
}

/** Answers that know more than what was read of the log. */
interface Ahead {
  /** The last of their places. */
  until: string;
  /** By user. */
  places: Map<string, string>;
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
  readonly #ahead = new Map<W, Ahead>();
  /** So far the log was read. */
  #readTo: string | undefined;
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
    this.#ahead.delete(watcher);
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

  /** The watcher is given these readings; everything up to `place` of the log is in them. */
  answered(tenant: string, watcher: W, readings: readonly UserPresence[], place: string): void {
    const due = this.#due.get(watcher);
    for (const reading of readings) {
      const { user } = reading;
      const watched = this.#watched.get(keyOf(tenant, user));
      if (watched === undefined) continue;
      const { last, answeredAt } = watched;
      if (last === undefined || (answeredAt !== undefined && isAfter(answeredAt, place))) {
        watched.last = reading;
        watched.answeredAt = place;
      }
      const change = due?.get(user);
      if (change !== undefined && !isAfter(change.at, place)) due!.delete(user);
      else if (change !== undefined) change.before = reading;
    }
    if (this.#readTo !== undefined && !isAfter(place, this.#readTo)) return;
    const { until = place, places = new Map<string, string>() } = this.#ahead.get(watcher) ?? {};
    for (const { user } of readings) places.set(user, place);
    this.#ahead.set(watcher, { until: isAfter(place, until) ? place : until, places });
  }

  /** A change from that place of the log. */
  changed(tenant: string, reading: UserPresence, at: string): void {
    const { user } = reading;
    const watched = this.#watched.get(keyOf(tenant, user));
    if (watched === undefined) return;
    const before = watched.last;
    watched.last = reading;
    watched.answeredAt = undefined;
    for (const watcher of watched.watchers) {
      const known = this.#ahead.get(watcher)?.places.get(user);
      if (known !== undefined && !isAfter(at, known)) continue;
      const due = this.#due.get(watcher) ?? new Map<string, Change>();
      this.#due.set(watcher, due);
      due.set(user, { before: due.has(user) ? due.get(user)!.before : before, after: reading, at });
    }
  }

  /** The log was read up to there. */
  passed(place: string): void {
    this.#readTo = place;
    for (const [watcher, { until }] of this.#ahead) if (!isAfter(until, place)) this.#ahead.delete(watcher);
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
    this.#ahead.clear();
  }
}

const keyOf = (tenant: string, user: string) => `${tenant}/${user}`;

function readsAlike(a: UserPresence | undefined, b: UserPresence): boolean {
  return (
    a !== undefined &&
    a.status === b.status &&
    a.devices === b.devices &&
    JSON.stringify(a.info) === JSON.stringify(b.info) &&
    a.epoch === b.epoch
  );
}
