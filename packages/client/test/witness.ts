/**
 * A stock client that goes in and out of a room and folds what it gets, with nothing of ours but the fold. What it saw at
 * which version is written into a book that all witnesses of a room share: equal versions must mean equal content.
 */

import { systemClock } from "@rollcall/runtime";
import { addPage, fromJoin, haveOf, isWhole, type Page, type RoomView, reduce, type Snapshot } from "../src/fold.ts";
import type { EventTriple, JoinAck, Reply } from "../src/wire.ts";

/** Of a member that asked again in vain. */
const AGAIN_MS = 200;

export type Emit = (name: string, payload: object, answered: (reply: Reply<unknown>) => void) => void;

/** Text of a stream at a version, by stream and version. */
export class Book {
  readonly state = new Map<number, string>();
  readonly roster = new Map<number, string>();
  readonly history = new Map<number, string>();
  readonly breaches: string[] = [];

  note(stream: "state" | "roster" | "history", version: number, text: string): void {
    const known = this[stream].get(version);
    if (known === undefined) this[stream].set(version, text);
    else if (known !== text) this.breaches.push(`${stream} ${version} is ${known} and ${text}`);
  }
}

export class Witness {
  readonly counts = { joins: 0, deltas: 0, pages: 0, refused: 0, messages: 0, known: 0, resyncs: 0 };
  view: RoomView | undefined;
  readonly #room: string;
  readonly #book: Book;
  readonly #emit: Emit;
  /**
   * `out`: nothing of the room may come. `asking`: the first answer is awaited; nor then. `unsure`: it was asked and
   * nobody answered, so anything may come and means nothing.
   */
  #phase: "out" | "asking" | "unsure" | "in" = "out";
  /** What came since a member asked again. */
  #kept: EventTriple[] | undefined;
  /** What it asked for while it was in, or page by page, may also be under way to it. */
  #mayRepeatTo = 0;
  /** It was told that something is missing: until it has asked, what it has continues nothing. */
  #isTorn = false;
  /** One thing at a time. */
  #doing: Promise<void> = Promise.resolve();

  constructor(room: string, book: Book, emit: Emit) {
    this.#room = room;
    this.#book = book;
    this.#emit = emit;
  }

  get isIn(): boolean {
    return this.#phase === "in";
  }

  /** Comes in, or asks again; with what it knows unless `anew`. Resolves when it is answered, or refused. */
  join(anew = false): Promise<void> {
    return this.after(() => this.#ask(anew));
  }

  /** Does something that no join of its own may be under way for. */
  after(act: () => Promise<void>): Promise<void> {
    this.#doing = this.#doing.then(act);
    return this.#doing;
  }

  /** Left or cut off. What is known stays. */
  out(): void {
    this.#phase = "out";
    this.#kept = undefined;
  }

  /** Nobody said whether it is in. */
  readonly unsure = (): void => {
    if (this.#phase !== "out") this.#phase = "unsure";
    this.#kept = undefined;
  };

  receive(message: EventTriple): void {
    if (message[2]?.room !== this.#room) return;
    if (this.#phase === "unsure") {
      this.#kept?.push(message);
      return;
    }
    this.counts.messages++;
    if (this.#phase !== "in") this.#book.breaches.push(`${message[0]} while ${this.#phase}`);
    else if (message[0] === "room:resync") {
      this.counts.resyncs++;
      this.#isTorn = true;
      this.#kept ??= [];
      void this.join();
    } else if (this.#kept) this.#kept.push(message);
    else this.#fold(message);
  }

  #ask(anew: boolean): Promise<void> {
    if (anew) this.view = undefined;
    const wasIn = this.#phase !== "out";
    if (this.#phase === "out") this.#phase = "asking";
    this.#isTorn = false;
    this.#kept ??= [];
    const known = this.view;
    const asked = known ? { have: haveOf(known) } : { last: 20 };
    return new Promise((resolve) => {
      this.#emit("room:join", { room: this.#room, ...asked }, (reply) => {
        if (reply.ok) {
          const ack = reply.data as JoinAck;
          this.counts.joins++;
          if (ack.state.delta) this.counts.deltas++;
          this.#phase = "in";
          this.#mayRepeatTo = wasIn ? ack.history.seq : 0;
          resolve(this.#take(fromJoin(known, ack)));
        } else {
          resolve(this.#refused(reply.error.code));
        }
      });
    });
  }

  /** Page by page, until all of the answer is there; what comes meanwhile is kept. */
  async #take(answer: Snapshot | "gap"): Promise<void> {
    for (let snapshot = answer; this.#phase === "in"; ) {
      if (snapshot === "gap") {
        this.#book.breaches.push("an answer that does not fit");
        this.unsure();
        return;
      }
      const [page] = snapshot.pages;
      if (page === undefined) {
        if (this.#mayRepeatTo === Number.POSITIVE_INFINITY) this.#mayRepeatTo = snapshot.view.history.seq;
        this.#show(snapshot.view);
        return;
      }
      this.counts.pages++;
      this.#mayRepeatTo = Number.POSITIVE_INFINITY;
      const reply = await new Promise<Reply<unknown>>((resolve) => {
        this.#emit(page[0], { room: this.#room, ...page[1] }, resolve);
      });
      snapshot = reply.ok ? addPage(snapshot, reply.data as Page) : snapshot; // refused for now: once more
    }
  }

  #show(view: RoomView): void {
    this.view = view;
    for (const event of view.history.events) this.#heard(event);
    this.#note();
    if (this.#isTorn) return; // it asks again
    for (const message of this.#keptUntilNow()) this.#fold(message);
  }

  #keptUntilNow(): readonly EventTriple[] {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    return kept;
  }

  async #refused(code: string): Promise<void> {
    this.counts.refused++;
    if (code === "TIMEOUT") this.unsure();
    else if (this.#phase === "asking") this.out();
    if (this.#phase !== "in") return;
    await systemClock.sleep(AGAIN_MS);
    await this.#ask(false);
  }

  #fold(message: EventTriple): void {
    const before = this.view;
    const next = before ? reduce(before, message) : "gap";
    if (next === "gap") {
      this.#book.breaches.push(`a gap before ${JSON.stringify(message)}`);
      return;
    }
    if (next === before && message[0] !== "cursor:moved") this.counts.known++;
    this.view = next;
    const { seq = 0 } = message[2];
    if (next.history !== before?.history) this.#heard(message);
    else if (seq > this.#mayRepeatTo) this.#book.breaches.push(`${message[0]} ${seq} twice`);
    if (next.state !== before?.state || next.roster !== before.roster) this.#note();
  }

  #heard([, data, { seq }]: EventTriple): void {
    this.#book.note("history", seq!, JSON.stringify(data));
  }

  #note(): void {
    if (!isWhole(this.view!)) return;
    const { state, roster } = this.view!;
    const entries = [...state.items.values()].map(({ key, value, version }) => [key, value, version]);
    this.#book.note("state", state.version, textOf(entries));
    this.#book.note("roster", roster.version, textOf([...roster.items.values()].map(({ user }) => [user])));
  }
}

export const textOf = (rows: unknown[][]): string =>
  JSON.stringify(rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
