/**
 * What edges ask (`presence-rpc.ts`): hello, lease, lane, read. The lane door turns outcomes of the store into answers:
 * it reads what a repeat needs, builds the acks of joins, and tells other edges which sessions they lost.
 */

import { RollcallError } from "@rollcall/contracts";
import type {
  ControlMessage,
  HelloRequest,
  LaneOp,
  LaneReplyData,
  LaneRequest,
  LaneResult,
  LeaseData,
  LeaseRequest,
  ReadRequest,
  ReadRevocationsData,
  ReadUsersData,
} from "@rollcall/contracts/internal";
import type { Clock } from "@rollcall/runtime";
import type { Revocations } from "../redis/revocations.ts";
import type { OpResult, PresenceStore } from "../store.ts";
import { admit, type RevokedOnes } from "./admission.ts";
import { checked } from "./checked.ts";
import { createJoinReader, type JoinReader, joinAck, readForJoin } from "./join-ack.ts";
import { KeptReads } from "./kept-reads.ts";
import { dataOf, errorOf } from "./lane-answer.ts";
import { readHistory, readMembers, readState } from "./reads.ts";
import { Repeats } from "./repeats.ts";
import { fitsReply, withinReply } from "./reply-size.ts";
import { traced } from "./traces.ts";
import { watcherView } from "./views.ts";

export const MAX_LANE_OPS = 500;
/** What acks that are too large together share, below the usual `max_payload` of NATS (1 MiB); see `reply-size.ts`. */
const REPLY_BYTES = 768 * 1024;
const PAGE_DEFAULT = 100;
/** One stream of one ack; an ack has three and must stay below 128 KiB. */
const STREAM_BYTES = 36 * 1024;

export interface DoorsOptions {
  store: PresenceStore;
  revocations: Revocations;
  clock: Pick<Clock, "monotonic">;
  /** At most once, never waited for: the digest repairs what was missed. */
  control(edge: string, message: ControlMessage): void;
  repaired(kind: "ghost" | "missing" | "digest", count: number): void;
}

type OpenOp = Extract<LaneOp, { op: "open" }>;

export class Doors {
  readonly #store: PresenceStore;
  readonly #options: DoorsOptions;
  readonly #kept: KeptReads;

  constructor(options: DoorsOptions) {
    this.#store = options.store;
    this.#options = options;
    this.#kept = new KeptReads(options.clock);
  }

  hello(body: HelloRequest): Promise<LeaseData> {
    return this.#store.hello(edgeOf(body));
  }

  lease(body: LeaseRequest): Promise<LeaseData> {
    return this.#store.lease(edgeOf(body));
  }

  async lane(body: LaneRequest): Promise<LaneReplyData> {
    const edge = edgeOf(body);
    const asked = body.ops;
    if (!Array.isArray(asked) || asked.length === 0 || asked.length > MAX_LANE_OPS) {
      throw new RollcallError("PAYLOAD_INVALID", { message: `a batch holds 1 to ${MAX_LANE_OPS} operations` });
    }
    if (asked.some(({ n }, i) => !Number.isSafeInteger(n) || n !== asked[0]!.n + i)) {
      throw new RollcallError("PAYLOAD_INVALID", { message: "a batch is numbered without a gap" });
    }
    const { ops, refused, revoked } = await admit(asked, this.#options.revocations, this.#store);
    const outcome = await traced(ops, (named) => this.#store.lane(edge, named, refused));
    const { epoch, brake } = outcome;
    if (outcome.status === "UNKNOWN_EDGE") return { status: "UNKNOWN_EDGE", epoch, brake };
    // The record of this edge is not the one it counts on: it must begin anew.
    if (outcome.results[0]?.kind === "gap") return { status: "UNKNOWN_EDGE", epoch, brake };
    // Nothing behind a gap was applied: no partial answer, the edge sends the batch again.
    if (outcome.results.some(({ kind }) => kind === "gap")) throw new RollcallError("UNAVAILABLE");
    const settled = await this.#settle(edge, ops, outcome.results);
    const joins = settled.flatMap(({ op, result }) =>
      op.op === "join" && result.kind === "join" ? [{ name: { ...op.ref, room: op.room }, facts: result.facts }] : [],
    );
    this.#kept.follow(joins);
    const answers = (maxBytes: number) => {
      const reader = createJoinReader(this.#store, this.#kept, maxBytes);
      return Promise.all(settled.map((one) => this.#answer(one, { stale: brake, maxBytes, reader, revoked })));
    };
    const results = await answers(STREAM_BYTES);
    if (fitsReply(results)) return { status: "OK", epoch, brake, results };
    const share = Math.floor(REPLY_BYTES / (3 * Math.max(joins.length, 1)));
    return { status: "OK", epoch, brake, results: withinReply(await answers(Math.min(STREAM_BYTES, share))) };
  }

  async read(body: ReadRequest): Promise<unknown> {
    switch (body?.read) {
      case "members": {
        const { cursor, limit = PAGE_DEFAULT, ...name } = checked("room.members", body);
        return readMembers(this.#store, { tenant: body.tenant, ...name }, { cursor, limit });
      }
      case "state": {
        const { keys, cursor, ...name } = checked("room.state", body);
        return readState(this.#store, { tenant: body.tenant, ...name }, { keys, cursor });
      }
      case "history": {
        const { before, after, limit = PAGE_DEFAULT, ...name } = checked("room.history", body);
        return readHistory(this.#store, { tenant: body.tenant, ...name }, { before, after, limit });
      }
      case "revocations": {
        const { tenant, user, namespace, room } = body;
        const at = namespace === undefined || room === undefined ? {} : { namespace, room };
        const [{ userMs, roomMs } = { userMs: undefined, roomMs: undefined }] = await this.#options.revocations.ask([
          { tenant, user, ...at },
        ]);
        return {
          ...(userMs === undefined ? {} : { userMs }),
          ...(roomMs === undefined ? {} : { roomMs }),
        } satisfies ReadRevocationsData;
      }
      case "users": {
        const { tenant, users } = body;
        const read = await this.#store.users(tenant, users);
        const views = users.map((user, i) => watcherView(user, read.users[i]));
        return {
          users: views,
          position: read.position,
          ...(read.brake ? { stale: true } : {}),
        } satisfies ReadUsersData;
      }
      default:
        throw new RollcallError("PAYLOAD_INVALID", { message: "read: members, state, history, users or revocations" });
    }
  }

  /** Repeats become what they would be answered now. */
  async #settle(edge: string, ops: readonly LaneOp[], results: readonly OpResult[]): Promise<Settled[]> {
    const repeats = new Repeats(this.#store, edge);
    const settle = async (op: LaneOp, result: OpResult): Promise<Settled> => {
      return { op, result: result.kind === "repeat" ? await repeats.answer(op) : result };
    };
    const settled = await Promise.all(ops.map((op, i) => settle(op, results[i] ?? { kind: "gap" })));
    for (const { op, result } of settled) this.#tell(edge, op, result);
    return settled;
  }

  #tell(edge: string, op: LaneOp, result: OpResult): void {
    if (result.kind === "assert") {
      this.#options.repaired("ghost", result.ghosts);
      this.#options.repaired("missing", result.missing);
    }
    if (result.kind === "digest" && !result.equal) this.#options.repaired("digest", 1);
    if (result.kind !== "open" || result.elsewhere === undefined || result.elsewhere === edge) return;
    const { ref } = op as OpenOp;
    this.#options.control(result.elsewhere, { kind: "replaced", ref, incarnation: result.incarnation });
  }

  async #answer({ op, result }: Settled, answering: Answering): Promise<LaneResult> {
    const { n } = op;
    if (result.kind === "error") return { n, ok: false, error: errorOf(result).toWire() };
    if (op.op !== "join" || result.kind !== "join") {
      return { n, ok: true, data: dataOf(op, result, answering.revoked.get(n)) };
    }
    try {
      const { facts } = result;
      const ask = { ...op.ref, room: op.room, have: op.have, last: op.last };
      const ack = joinAck(ask, facts, await readForJoin(answering.reader, ask, facts), answering);
      return { n, ok: true, data: { op: "join", ack, position: facts.position } };
    } catch (error) {
      // Joined, but what it would have been told cannot be read: the client tries again.
      return { n, ok: false, error: RollcallError.from(error).toWire() };
    }
  }
}

interface Answering {
  reader: JoinReader;
  stale: boolean;
  maxBytes: number;
  revoked: ReadonlyMap<number, RevokedOnes>;
}

interface Settled {
  op: LaneOp;
  result: OpResult;
}

function edgeOf(body: { edge: unknown } | undefined): string {
  const edge = body?.edge;
  if (typeof edge === "string" && /^[A-Za-z0-9_.-]{1,128}$/.test(edge)) return edge;
  throw new RollcallError("PAYLOAD_INVALID", { message: "edge: 1 to 128 characters of [A-Za-z0-9_.-]" });
}
