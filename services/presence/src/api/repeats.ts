/**
 * Operations that were applied before: what they would be answered now. Where the store is far away lanes repeat whole
 * batches, so the repeats of a batch are read side by side: one after the other, a large batch would outlast the patience
 * of its edge each time, and its lane would stand for as long as the store is slow.
 */

import type { EventTriple } from "@rollcall/contracts";
import type { LaneOp, SessionRef } from "@rollcall/contracts/internal";
import type { OpResult, PresenceStore, RoomRead, SessionFacts, UserRecord } from "../store.ts";

type Op<K extends LaneOp["op"]> = Extract<LaneOp, { op: K }>;
type Store = Pick<PresenceStore, "user" | "room" | "history">;

/** Applied once, and since then undone by something else: the edge's next digest or control message tells what. */
const lost: OpResult = { kind: "error", code: "UNAVAILABLE", message: "" };
const NO_MEMBERS = { after: "", limit: 0 };
/** As many as a history keeps. */
const NEWEST = { limit: 200, newest: true };

/** Of one batch: its operations share what they read of a user. */
export class Repeats {
  readonly #store: Store;
  readonly #edge: string;
  readonly #users = new Map<string, Promise<UserRecord>>();

  constructor(store: Store, edge: string) {
    this.#store = store;
    this.#edge = edge;
  }

  async answer(op: LaneOp): Promise<OpResult> {
    switch (op.op) {
      case "open":
        return this.#open(op);
      case "set": {
        const { version } = await this.#user(op.ref);
        return { kind: "set", version };
      }
      case "join":
        return this.#join(op);
      case "update": {
        const { version } = await this.#room(op);
        return { kind: "update", version };
      }
      case "assert":
        return this.#assert(op);
      case "digest":
        // It was compared when nothing was in flight; the next one will be again.
        return { kind: "digest", equal: true };
      case "patch": {
        const { roomEpoch, stateVersion } = await this.#room(op);
        return { kind: "patch", epoch: roomEpoch, version: stateVersion };
      }
      case "publish":
        return this.#publish(op);
      case "close":
      case "leave":
      case "bye":
        return { kind: "done" };
    }
  }

  async #open({ ref }: Op<"open">): Promise<OpResult> {
    const session = await this.#session(ref);
    if (session?.edge !== this.#edge || session.lost !== undefined) return lost;
    const { incarnation, sinceMs, memberships } = session;
    return { kind: "open", incarnation, resumed: incarnation !== sinceMs, elsewhere: undefined, memberships };
  }

  async #join(op: Op<"join">): Promise<OpResult> {
    const [session, facts] = await Promise.all([this.#session(op.ref), this.#room(op)]);
    const isMember = session?.memberships.some(({ room }) => room === op.room);
    if (session?.edge !== this.#edge || session.lost !== undefined || isMember !== true) return lost;
    return { kind: "join", facts: { ...facts, change: undefined } };
  }

  /** Its own id is in the history, unless that is already trimmed. */
  async #publish({ ref, room, metaJson, history }: Op<"publish">): Promise<OpResult> {
    const { id, ts } = JSON.parse(metaJson) as { id: string; ts: string };
    if (!history) return { kind: "publish", id, ts, seq: undefined };
    const read = await this.#store.history({ ...ref, room }, NEWEST);
    const at = read.events.findIndex((json) => json.includes(id) && (JSON.parse(json) as EventTriple)[2].id === id);
    return at < 0 ? lost : { kind: "publish", id, ts, seq: read.seqs[at] };
  }

  async #assert({ sessions }: Op<"assert">): Promise<OpResult> {
    const found = await Promise.all(sessions.map(({ ref }) => this.#session(ref)));
    const incarnations = found.map((session) => (session?.edge === this.#edge ? session.incarnation : undefined));
    return { kind: "assert", incarnations, ghosts: 0, missing: 0 };
  }

  #room({ ref, room }: { ref: SessionRef; room: string }): Promise<RoomRead> {
    return this.#store.room({ ...ref, room }, NO_MEMBERS);
  }

  async #session(ref: SessionRef): Promise<SessionFacts | undefined> {
    const { sessions } = await this.#user(ref);
    return sessions.find((one) => one.ref.namespace === ref.namespace && one.ref.session === ref.session);
  }

  #user({ tenant, user }: SessionRef): Promise<UserRecord> {
    const key = `${tenant} ${user}`;
    const reading = this.#users.get(key) ?? this.#store.user(tenant, user);
    this.#users.set(key, reading);
    return reading;
  }
}
