/** The store in Redis: thin. Rules live in `lua/`; here are calls, batches, the epoch, and what replies mean. */

import { type ErrorCode, type Meta, RollcallError, type StateOp } from "@rollcall/contracts";
import type { LaneOp, LeaseData, PublishData, PublishRequest, RoomRules } from "@rollcall/contracts/internal";
import type { RedisConnection } from "@rollcall/runtime";
import type {
  EntryFacts,
  HistoryAsk,
  HistoryRead,
  LaneOutcome,
  OpResult,
  Outbox,
  PresenceStore,
  RoomName,
  RoomRead,
  SessionRevocation,
  Stamp,
  StateAsk,
  StateRead,
  StoreBounds,
  SweepReport,
  UserFacts,
  UserRecord,
  UsersRead,
} from "../store.ts";
import { presenceKeys } from "./cell-keys.ts";
import { constantsOf } from "./constants.ts";
import { leaseData, optional, outboxEntry, sessionFacts, userFacts } from "./decode.ts";
import { decodeResult, encodeOp, patchArgs, refusal, rulesArgs } from "./ops.ts";
import { readEntry, readMember } from "./packed.ts";
import { buildScript, isOutOfMemory, type Script, type ScriptCall, ScriptRunner, storeError } from "./scripts.ts";

export interface RedisStoreOptions {
  redis: Pick<RedisConnection, "client" | "runId">;
  install: string;
  cell: string;
  bounds: StoreBounds;
  /** Called when a call of this process began a new epoch. */
  onEpoch?(epoch: string): void;
  /** Tests only, see {@link buildScript}. */
  time?: "redis" | "key";
}

/** Operations in one call of `lane`: under a millisecond of Redis. An assertion is a call of its own. */
const CHUNK_OPS = 16;
/** One more than a page may hold: whether another follows. */
const PAGE_MAX = 501;
/** One more than a page of history may hold. */
const HISTORY_MAX = 201;
const EPOCH_ATTEMPTS = 3;

export class RedisStore implements PresenceStore {
  readonly #runner: ScriptRunner;
  readonly #options: RedisStoreOptions;
  readonly #scripts: Record<string, Script>;
  #seenEpoch = "0";

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#runner = new ScriptRunner(options.redis.client, presenceKeys(options.install, options.cell).epoch());
    const constants = constantsOf(options.bounds);
    const time = options.time ?? "redis";
    const build = (name: string, flags?: string) =>
      buildScript(name, { constants, time, ...(flags === undefined ? {} : { flags }) });
    this.#scripts = {
      ...Object.fromEntries(SCRIPTS.map((name) => [name, build(name)])),
      "lane-release": build("lane", "allow-oom"),
    };
  }

  /** The next epoch will be greater than this one: seen by others before this process began. */
  sawEpoch(epoch: string): void {
    this.#saw(epoch);
  }

  async hello(edge: string): Promise<LeaseData> {
    return leaseData(await this.#call("hello", [edge]));
  }

  async lease(edge: string): Promise<LeaseData> {
    return leaseData(await this.#call("lease", [edge]));
  }

  async lane(
    edge: string,
    ops: readonly LaneOp[],
    refused: ReadonlyMap<number, ErrorCode> = new Map(),
  ): Promise<LaneOutcome> {
    const chunks = chunksOf(ops);
    const encode = (run: string, memory: "" | "1") => (chunk: readonly LaneOp[]) => {
      const body = chunk.flatMap((op) => callOf(op, refused.get(op.n)));
      return [run, edge, chunk[0]!.n, memory, ...body];
    };
    for (let attempt = 1; ; attempt++) {
      const run = this.#run();
      const args = chunks.map(encode(run, ""));
      const replies = await this.#runner.pipeline(args.map((a): ScriptCall => [this.#scripts.lane!, a]));
      // Memory is full: what gives some back goes through, the rest is refused, in order.
      const full = replies.findIndex(isOutOfMemory);
      if (full >= 0) {
        const again = chunks.slice(full).map(encode(run, "1"));
        const rest = await this.#runner.pipeline(again.map((a): ScriptCall => [this.#scripts["lane-release"]!, a]));
        replies.splice(full, replies.length, ...rest);
      }
      for (const reply of replies) if (reply instanceof Error) throw storeError(reply);
      const outcomes = replies as unknown[][];
      if (outcomes.some(([status]) => status === "EPOCH")) {
        if (attempt === EPOCH_ATTEMPTS) throw new RollcallError("UNAVAILABLE");
        await this.#raise(run);
        continue;
      }
      const last = outcomes.at(-1)!;
      const stamp = this.#stamp(last);
      if (outcomes.some(([status]) => status !== "OK")) return { status: "UNKNOWN_EDGE", ...stamp };
      const results = outcomes.flatMap(([, , , results], i) =>
        (results as unknown[][]).map((result, j): OpResult => decodeResult(chunks[i]![j]!, result)),
      );
      return { status: "OK", ...stamp, results };
    }
  }

  async sweep(observer: { well: boolean; brake: string | undefined }): Promise<SweepReport> {
    const reply = await this.#call("sweep", [observer.well ? "1" : "", observer.brake ?? ""]);
    const [, , , more, fenced, lost, ended] = reply;
    return {
      ...this.#stamp(reply),
      more: more === "1",
      fenced: Number(fenced),
      lost: Number(lost),
      ended: Number(ended),
    };
  }

  async users(tenant: string, users: readonly string[]): Promise<Stamp & UsersRead> {
    const found: (UserFacts | undefined)[] = [];
    let stamp: Stamp | undefined;
    let position: string | undefined; // of the first page: what came since may be in the others too
    for (let at = 0; at < users.length || stamp === undefined; at += PAGE_MAX) {
      const page = users.slice(at, at + PAGE_MAX);
      const reply = await this.#call("read-users", [tenant, ...page]);
      stamp = this.#stamp(reply);
      position ??= String(reply[4]);
      const rows = reply[3] as unknown[][];
      for (const [i, row] of rows.entries()) found.push(row.length === 0 ? undefined : userFacts(stamp, page[i]!, row));
    }
    return { ...stamp, users: found, position: position! };
  }

  async userPage(tenant: string, after: string, limit: number): Promise<Stamp & { count: number; users: UserFacts[] }> {
    const reply = await this.#call("read-user-page", [tenant, after, Math.min(limit, PAGE_MAX)]);
    const stamp = this.#stamp(reply);
    const rows = reply[4] as unknown[][];
    return {
      ...stamp,
      count: Number(reply[3]),
      users: rows.map(([user, ...row]) => userFacts(stamp, String(user), row)),
    };
  }

  async user(tenant: string, user: string): Promise<UserRecord> {
    const reply = await this.#call("read-sessions", [tenant, user]);
    const [, epoch, brake, spent, , birth, version, hidden, rows] = reply;
    const sessions = (rows as unknown[][]).map((row) => sessionFacts(tenant, user, row));
    return {
      epoch: this.#saw(epoch),
      brake: brake !== "",
      brakeReason: optional(brake),
      brakeSpentMs: Number(spent),
      userEpoch: sessions.length === 0 ? undefined : `${String(epoch)}.${String(birth)}`,
      version: Number(version),
      hidden: hidden === "1",
      sessions,
    };
  }

  async room(name: RoomName, page: { after: string; limit: number }): Promise<RoomRead> {
    const { tenant, namespace, room } = name;
    const reply = await this.#call("read-room", [tenant, namespace, room, page.after, Math.min(page.limit, PAGE_MAX)]);
    const [, epoch, , birth, version, count, occupancy, state, seq, members, position] = reply;
    const stamp = this.#stamp(reply);
    return {
      ...stamp,
      roomEpoch: `${String(epoch)}.${String(birth)}`,
      version: Number(version),
      count: Number(count),
      occupancy: occupancy === "1",
      stateVersion: Number(state),
      seq: Number(seq),
      members: (members as string[]).map(readMember),
      position: String(position),
    };
  }

  async state({ tenant, namespace, room }: RoomName, ask: StateAsk): Promise<Stamp & StateRead> {
    const which =
      ask.which === "page"
        ? [ask.after, ask.bytes]
        : ask.which === "keys"
          ? ask.keys.slice(0, PAGE_MAX)
          : [ask.version];
    const reply = await this.#call("read-state", [tenant, namespace, room, ask.which, ...which]);
    const [, epoch, , birth, version, more, flat, deleted] = reply as unknown[];
    const entries: EntryFacts[] = [];
    const texts = flat as string[];
    for (let i = 0; i < texts.length; i += 2) entries.push(readEntry(texts[i]!, texts[i + 1]!));
    return {
      ...this.#stamp(reply),
      roomEpoch: `${String(epoch)}.${String(birth)}`,
      version: Number(version),
      more: more === "1",
      entries: more === "gap" ? undefined : entries,
      deleted: deleted as string[],
    };
  }

  async history({ tenant, namespace, room }: RoomName, ask: HistoryAsk): Promise<Stamp & HistoryRead> {
    const { after = "", before = "", limit, newest } = ask;
    const page = [after, before, Math.min(limit, HISTORY_MAX), newest ? "1" : ""];
    const reply = await this.#call("read-history", [tenant, namespace, room, ...page]);
    const [, epoch, , birth, seq, events, seqs] = reply as unknown[];
    return {
      ...this.#stamp(reply),
      roomEpoch: `${String(epoch)}.${String(birth)}`,
      seq: Number(seq),
      events: events as string[],
      seqs: (seqs as string[]).map(Number),
    };
  }

  async patch(
    { tenant, namespace, room }: RoomName,
    patch: { rules: RoomRules; ops: readonly StateOp[]; id: string | undefined; traceparent: string | undefined },
  ): Promise<{ epoch: string; version: number }> {
    const { rules, ops, id = "", traceparent = "" } = patch;
    const args = [tenant, namespace, room, ...rulesArgs(rules), id, traceparent, ...patchArgs(ops)];
    const [, , , result] = await this.#call("room-patch", args);
    const [epoch, version, ...rest] = result as unknown[];
    if (epoch !== "err") return { epoch: String(epoch), version: Number(version) };
    const { code, message, details } = refusal([version, ...rest]);
    throw new RollcallError(code, {
      ...(message === "" ? {} : { message }),
      ...(details === undefined ? {} : { details }),
    });
  }

  /** A backend's event into its room's history and the log, once per `id`. Its room is opened when nobody is there. */
  async publishEvent(request: PublishRequest, traceparent = ""): Promise<PublishData> {
    const { tenant, namespace, room, rules, event, id, dataJson, metaJson } = request;
    const { ts } = JSON.parse(metaJson) as Meta;
    const size = rules.history?.size ?? 0;
    const args = [tenant, namespace, room, ...rulesArgs(rules), size, event, id, dataJson, metaJson, ts, traceparent];
    const [, , , answer] = await this.#call("room-publish", args);
    const [seq, firstId, firstTs] = answer as string[];
    return { id: String(firstId), ts: String(firstTs), seq: Number(seq) };
  }

  async revoke(revocation: SessionRevocation): Promise<number> {
    const { tenant, user, session = "", namespace = "", room = "", issuedBeforeMs = "" } = revocation;
    const reply = await this.#call("revoke", [tenant, user, session, namespace, room, issuedBeforeMs]);
    return Number(reply[3]);
  }

  async position(): Promise<string> {
    const reply = await this.#call("read-position", []);
    return String(reply[3]);
  }

  async rooms(tenant: string, namespace: string, page: { prefix: string; after: string; limit: number }) {
    const { prefix, after, limit } = page;
    const reply = await this.#call("read-rooms", [tenant, namespace, prefix, after, Math.min(limit, PAGE_MAX)]);
    const rooms = (reply[3] as unknown[][]).map(([room, count, since]) => ({
      room: String(room),
      count: Number(count),
      sinceMs: Number(since),
    }));
    return { ...this.#stamp(reply), rooms };
  }

  get outbox(): Outbox {
    return {
      take: async (relay, { claimMs, count }) => {
        const reply = await this.#call("relay-take", [relay, claimMs, count]);
        this.#stamp(reply);
        const [, , , mine, dropped, now, waiting, oldest, entries] = reply;
        const ageMs = oldest === "" ? 0 : Math.max(0, Number(now) - Number(oldest));
        return {
          mine: mine === "1",
          standing: { waiting: Number(waiting), ageMs, dropped: Number(dropped) },
          entries: (entries as [string, string[]][]).map(([place, fields]) => outboxEntry(place, fields)),
        };
      },
      done: async (places) => {
        await this.#call("relay-done", places);
      },
      yield: async (relay) => {
        await this.#call("relay-yield", [relay]);
      },
    };
  }

  /** One call, again after raising the epoch when the store is another one than before. */
  async #call(name: string, args: readonly (string | number)[]): Promise<unknown[]> {
    for (let attempt = 1; ; attempt++) {
      const run = this.#run();
      const reply = await this.#runner.run(this.#scripts[name]!, [run, ...args]);
      if (reply[0] !== "EPOCH") return reply;
      if (attempt === EPOCH_ATTEMPTS) throw new RollcallError("UNAVAILABLE");
      await this.#raise(run);
    }
  }

  async #raise(run: string): Promise<void> {
    const [epoch, raised] = await this.#runner.run(this.#scripts.raise!, [run, this.#seenEpoch]);
    this.#saw(epoch);
    if (raised === "1") this.#options.onEpoch?.(String(epoch));
  }

  #run(): string {
    const run = this.#options.redis.runId();
    if (run === undefined) throw new RollcallError("UNAVAILABLE");
    return run;
  }

  #stamp(reply: readonly unknown[]): Stamp {
    return { epoch: this.#saw(reply[1]), brake: reply[2] === "1" };
  }

  #saw(epoch: unknown): string {
    const text = String(epoch);
    if (Number(text) > Number(this.#seenEpoch)) this.#seenEpoch = text;
    return text;
  }
}

const SCRIPTS = [
  "hello",
  "lease",
  "lane",
  "sweep",
  "raise",
  "read-users",
  "read-user-page",
  "read-sessions",
  "read-room",
  "read-rooms",
  "read-position",
  "read-state",
  "read-history",
  "room-patch",
  "room-publish",
  "revoke",
  "relay-take",
  "relay-done",
  "relay-yield",
] as const;

function chunksOf(ops: readonly LaneOp[]): LaneOp[][] {
  const chunks: LaneOp[][] = [];
  for (const op of ops) {
    const last = chunks.at(-1);
    const alone = op.op === "assert" || last?.[0]?.op === "assert";
    if (last === undefined || alone || last.length === CHUNK_OPS) chunks.push([op]);
    else last.push(op);
  }
  return chunks;
}

/** An operation that cannot be encoded is still counted: the script answers INTERNAL for a name it does not know. */
function callOf(op: LaneOp, refused: ErrorCode | undefined): (string | number)[] {
  if (refused !== undefined) return ["refuse", 1, refused];
  try {
    const args = encodeOp(op);
    return [op.op, args.length, ...args];
  } catch {
    return ["unreadable", 0];
  }
}
