/**
 * What one client believes, folded by the rules of the wire contract and nothing else: rosters and watched users. A view
 * also counts who, for it, ever departed. An answer marked `stale` may leave out who is there: it is shown, not counted.
 */

import type { JoinAck, Member, RosterDiff, UserPresence } from "@rollcall/contracts";

export interface Departure {
  user: string;
  /** Monotonic milliseconds. */
  atMs: number;
}

/** Who was here when it could be told, and who went since. */
class Known {
  readonly departures: Departure[] = [];
  readonly #here = new Set<string>();

  here(user: string): void {
    this.#here.add(user);
  }

  has(user: string): boolean {
    return this.#here.has(user);
  }

  /**
   * Told to be gone. Twice is a repeat, and recorded as one; the end of what only a stale answer showed is none.
   */
  gone(user: string, atMs: number, shown = true): void {
    if (this.#here.delete(user) || !shown) this.departures.push({ user, atMs });
  }

  /** A whole picture: whoever is not in it has gone. */
  whole(users: ReadonlySet<string>, atMs: number): void {
    for (const user of this.#here) if (!users.has(user)) this.gone(user, atMs);
    for (const user of users) this.here(user);
  }
}

/** Diffs kept for a snapshot that is older than what came before it. */
const RECENT = 500;

export class RosterView {
  readonly known = new Known();
  members = new Map<string, Member>();
  #epoch = "";
  #version = -1;
  #recent: RosterDiff[] = [];

  snapshot(ack: Pick<JoinAck, "epoch" | "roster" | "stale">, members: readonly Member[], atMs: number): void {
    const { epoch, roster, stale } = ack;
    this.#epoch = epoch;
    this.#version = roster.version;
    this.members = new Map(members.map((member) => [member.user, member]));
    // What came before the answer and is newer than it: where it did not fit on the picture of then, nobody has counted
    // who went by it, and after a stale answer nobody would.
    for (const diff of this.#recent) {
      if (this.#fold(diff) !== "new") continue;
      for (const user of diff.left ?? []) if (this.known.has(user)) this.known.gone(user, atMs);
    }
    if (stale !== true) this.known.whole(new Set(this.members.keys()), atMs);
  }

  /** False: something is missing before it, read anew. */
  apply(diff: RosterDiff, atMs: number): boolean {
    this.#recent.push(diff);
    if (this.#recent.length > RECENT) this.#recent.shift();
    const shown = new Set(this.members.keys());
    const folded = this.#fold(diff);
    if (folded !== "new") return folded === "old";
    for (const { user } of [...(diff.joined ?? []), ...(diff.updated ?? [])]) this.known.here(user);
    for (const user of diff.left ?? []) this.known.gone(user, atMs, shown.has(user));
    return true;
  }

  #fold(diff: RosterDiff): "gap" | "old" | "new" {
    if (diff.epoch !== this.#epoch || diff.from > this.#version) return "gap";
    if (diff.to <= this.#version) return "old";
    for (const member of [...(diff.joined ?? []), ...(diff.updated ?? [])]) this.members.set(member.user, member);
    for (const user of diff.left ?? []) this.members.delete(user);
    this.#version = diff.to;
    return "new";
  }
}

export class WatchView {
  readonly known = new Known();
  readonly users = new Map<string, UserPresence>();
  /** Whose departure was read. It may be told as well: what is read and what is told have no common order. */
  readonly #read = new Set<string>();

  snapshot(users: readonly UserPresence[], stale: boolean, atMs: number): void {
    for (const presence of users) {
      this.users.set(presence.user, presence);
      if (presence.status !== "offline") this.#here(presence.user);
      else if (!stale && this.known.has(presence.user)) {
        this.known.gone(presence.user, atMs);
        this.#read.add(presence.user);
      }
    }
  }

  changed(changes: readonly UserPresence[], atMs: number): void {
    for (const presence of changes) {
      const { user, status } = presence;
      const before = this.users.get(user)?.status ?? "offline";
      this.users.set(user, presence);
      if (status !== "offline") this.#here(user);
      else if (!this.#read.delete(user)) this.known.gone(user, atMs, before !== "offline");
    }
  }

  #here(user: string): void {
    this.known.here(user);
    this.#read.delete(user);
  }
}
