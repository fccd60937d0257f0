/**
 * What waits to be written to a connection, as a path in a tree of frames: connections with equal sequences share one
 * node, and so the one Buffer it is joined to. Adding a frame to 10,000 connections of a room makes one node and moves
 * 10,000 pointers.
 */

import type { Frame } from "./frame.ts";

export class Sequence {
  readonly before: Sequence | undefined;
  readonly frame: Frame;
  readonly length: number;
  readonly bytes: number;
  /** The newest continuation: the one that the next connection in the same place will take. */
  next: Sequence | undefined;
  #joined: Buffer | undefined;

  constructor(before: Sequence | undefined, frame: Frame) {
    this.before = before;
    this.frame = frame;
    this.length = (before?.length ?? 0) + 1;
    this.bytes = (before?.bytes ?? 0) + frame.buffer.length;
    this.next = undefined;
    this.#joined = undefined;
  }

  /** All frames up to here in one Buffer. Shared: must not be written to. */
  joined(): Buffer {
    if (this.before === undefined) return this.frame.buffer;
    return (this.#joined ??= Buffer.concat(
      this.frames().map((frame) => frame.buffer),
      this.bytes,
    ));
  }

  /** Oldest first. */
  frames(): Frame[] {
    const all = new Array<Frame>(this.length);
    let at: Sequence | undefined = this;
    for (let i = this.length - 1; at !== undefined; i--, at = at.before) all[i] = at.frame;
    return all;
  }
}

/** Where sequences begin; made anew when all were written, so that old frames can go. */
export class Sequences {
  #first: Sequence | undefined;

  after(at: Sequence | undefined, frame: Frame): Sequence {
    const known = at === undefined ? this.#first : at.next;
    if (known !== undefined && known.frame === frame) return known;
    const made = new Sequence(at, frame);
    if (at === undefined) this.#first = made;
    else at.next = made;
    return made;
  }

  reset(): void {
    this.#first = undefined;
  }
}
