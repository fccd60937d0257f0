/** A client that knows a room by one snapshot and the diffs since (P7). */

import type { RosterDiff } from "@rollcall/contracts";
import type { Room } from "../../src/core/cell.ts";

export class RosterReader {
  readonly epoch: string;
  /** It has to read anew: it was told so, or will be. */
  isStale: boolean;
  #version: number;
  readonly #devices = new Map<string, number>();

  constructor(epoch: string, { version, roster }: Room, isStale: boolean) {
    this.epoch = epoch;
    this.isStale = isStale;
    this.#version = version;
    for (const [user, { length }] of roster) this.#devices.set(user, length);
  }

  receive(event: string, payload: object): void {
    if (event === "room:resync") this.isStale = true;
    if (event !== "room:roster" || this.isStale) return;
    const { epoch, from, to, joined = [], updated = [], left = [] } = payload as RosterDiff;
    if (epoch !== this.epoch || from > this.#version || to <= this.#version) return;
    for (const { user, devices } of [...joined, ...updated]) this.#devices.set(user, devices);
    for (const user of left) this.#devices.delete(user);
    this.#version = to;
  }

  differenceFrom({ version, roster }: Room): string | undefined {
    if (this.#version !== version) return `version ${this.#version}, not ${version}`;
    const theirs = [...roster].map(([user, { length }]) => `${user} ${length}`).toSorted();
    const ours = [...this.#devices].map(([user, devices]) => `${user} ${devices}`).toSorted();
    return String(ours) === String(theirs) ? undefined : `${ours} by diffs, ${theirs} by snapshot`;
  }
}
