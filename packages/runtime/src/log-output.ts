/**
 * Where lines of the log go: a file descriptor, written beside the event loop, a batch at a time. A log that cannot be
 * written (a full disk, a reader that went away or hangs) costs lines, which are counted, and never the service: nothing
 * here throws, blocks or waits for ever, and each next line tries again.
 */

import { write } from "node:fs";
import { type Clock, systemClock } from "./clock.ts";

export interface LogOutputOptions {
  /** Default: stdout. */
  fd?: number;
  /** How many lines were lost, each time some were. */
  onDropped?(lines: number): void;
  clock?: Pick<Clock, "setTimer">;
}

/** Beyond this lines are lost rather than memory: a reader that hangs must not stop the service. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** A pipe that others have set to not block is full: there is nothing to be told when it no longer is. */
const FULL_RETRY_MS = 50;
const NEWLINE = 0x0a;

export class LogOutput {
  readonly #options: LogOutputOptions;
  readonly #clock: Pick<Clock, "setTimer">;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  /** The last thing written is half a line. */
  #isTorn = false;
  #flushed: (() => void)[] = [];

  constructor(options: LogOutputOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > MAX_BUFFERED_BYTES) {
      this.#options.onDropped?.(1);
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    if (!this.#isWriting) this.#writeWaiting();
  }

  /** Calls back when everything is written or lost. */
  flush(done: () => void = () => {}): void {
    if (this.#isWriting) this.#flushed.push(done);
    else done();
  }

  #writeWaiting(): void {
    const lines = this.#waiting;
    this.#isWriting = lines.length > 0;
    if (!this.#isWriting) {
      for (const done of this.#flushed.splice(0)) done();
      return;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writeRest(Buffer.from(`${this.#isTorn ? "\n" : ""}${lines.join("")}`), lines.length);
  }

  #writeRest(rest: Buffer, lines: number): void {
    write(this.#options.fd ?? 1, rest, (error, written) => {
      if (error?.code === "EAGAIN") {
        this.#clock.setTimer(FULL_RETRY_MS, () => this.#writeRest(rest, lines));
      } else if (error) {
        this.#options.onDropped?.(lines);
        this.#writeWaiting();
      } else {
        if (written > 0) this.#isTorn = rest[written - 1] !== NEWLINE;
        if (written < rest.length) this.#writeRest(rest.subarray(written), lines);
        else this.#writeWaiting();
      }
    });
  }
}
