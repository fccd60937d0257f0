/**
 * A client of one room that folds what it gets and believes nothing: a message of a room it is not in, a gap, a view that
 * the room never was, a number of the history it never hears of: each is a breach.
 */

import { fromJoin, type RoomView, reduce } from "@rollcall/client/fold";
import type { EventTriple, JoinAck, JoinHave } from "@rollcall/contracts";
import { type RoomModel, textOf } from "./room-model.ts";

export class Reader {
  readonly user: string;
  readonly breaches: string[] = [];
  /** It asked to be in the room and has not left since. */
  wanted = false;
  view: RoomView | undefined;
  readonly #model: RoomModel;
  #member = false;
  /** Moves with every question and every leave: an answer to an older question is void. */
  #turn = 0;
  /** The log's place of the join that made it a member: what lies before is in the answer. */
  #since = 0;
  /** What came since the newest question; undefined: none is open. */
  #kept: EventTriple[] | undefined;

  constructor(user: string, model: RoomModel) {
    this.user = user;
    this.#model = model;
  }

  get have(): JoinHave | undefined {
    return this.view && { epoch: this.view.epoch, state: this.view.state.version, history: this.view.history.seq };
  }

  /** A join is sent. Returns what is to be told of its answer; `refused` says whether to ask again. */
  ask(): { answered: (ack: JoinAck, position: string) => void; refused: () => boolean } {
    const turn = ++this.#turn;
    const current = () => turn === this.#turn;
    this.wanted = true;
    this.#kept = [];
    const known = this.view;
    return {
      answered: (ack, position) => {
        // One voided by a later question makes a member all the same, unless the room was left since.
        if (this.wanted && !this.#member) this.#since = Number.parseInt(position, 10);
        if (current()) this.#answered(known, ack);
        else if (this.wanted) this.#member = true;
      },
      refused: current,
    };
  }

  /** Left or cut off: nothing of the room may come. What is known stays, for `have`. */
  out(): void {
    this.#turn++;
    this.wanted = this.#member = false;
    this.#kept = undefined;
  }

  receive(packetJson: string): void {
    const message = JSON.parse(packetJson) as EventTriple;
    const { id, seq } = message[2];
    if (!this.#member) this.breaches.push(`${id} came to one who is not in the room`);
    // Of merged diffs a part may be known; that is harmless, and spares the others a diff for each joiner.
    else if (seq && Number(id.slice(1)) <= this.#since) this.breaches.push(`${id} is in the answer, and came again`);
    else if (this.#kept) this.#kept.push(message);
    else this.#fold(message);
  }

  /** Nothing is under way any more: is it equal to the room? */
  settle(): void {
    if (!this.wanted || !this.view) return;
    const { state, roster, events } = this.#model;
    const { view } = this;
    const own = [view.state.version, view.roster.version, view.history.seq];
    const theirs = [state.version, roster.version, events.length];
    if (String(own) !== String(theirs)) this.breaches.push(`ended at ${own}, the room at ${theirs}`);
  }

  #answered(known: RoomView | undefined, ack: JoinAck): void {
    const snapshot = fromJoin(known, ack);
    const kept = this.#kept ?? [];
    this.#member = true;
    this.#kept = undefined;
    if (snapshot === "gap") return void this.breaches.push("the answer does not fit");
    this.view = snapshot.view;
    this.#compare("the answer");
    for (const message of kept) this.#fold(message);
  }

  #fold(message: EventTriple): void {
    const next = reduce(this.view!, message);
    if (next === "gap") return void this.breaches.push(`a gap before ${JSON.stringify(message)}`);
    if (next === this.view) return;
    this.view = next;
    this.#compare(message[2].id);
  }

  /** Equal versions mean equal content. */
  #compare(after: string): void {
    const { state, roster, history } = this.view!;
    const { events } = this.#model;
    if (textOf(state.items) !== this.#model.state.textAt(state.version)) this.breaches.push(`${after}: another state`);
    if (textOf(roster.items) !== this.#model.roster.textAt(roster.version))
      this.breaches.push(`${after}: another roster`);
    if (history.events.some((event) => event[2].id !== events[event[2].seq! - 1]![2].id))
      this.breaches.push(`${after}: another history`);
  }
}
