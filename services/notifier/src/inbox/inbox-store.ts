/**
 * Inboxes and ledger in the durable Redis: each call is one script on one inbox, atomic and safe to repeat. Rules are
 * in the scripts and in `ledger/ledger.ts`; here are only their calls.
 *
 * Every call names the Redis run it believes in. Another run may have lost what was written last, so nothing is written
 * until a new epoch was raised for it: `rewound` then, and whoever reads a source reads it again from its low-water mark.
 */

import { RollcallError } from "@rollcall/contracts";
import type { InboxOwner } from "@rollcall/contracts/internal";
import type { Placement } from "@rollcall/fanout";
import type { RedisConnection } from "@rollcall/runtime";
import { isFinal, type LedgerEvent, type LedgerState, parseRecord } from "../ledger/ledger.ts";
import { ledgerLua } from "../ledger/lua.ts";
import { fromRedis, loadScript, readScript, type Script } from "../redis/script.ts";
import { inboxKeysOf, scriptKeys } from "./inbox-keys.ts";
import type {
  Accepted,
  EventInfo,
  EventRecord,
  InboxItem,
  Mark,
  Marked,
  Outcome,
  Page,
  PageQuery,
  StoredItem,
  Timer,
  Turned,
} from "./inbox-types.ts";

/** Another run of the durable Redis than the one sources were read for. */
export class StoreRewound extends Error {
  constructor() {
    super("the durable store may have been rewound");
    this.name = "StoreRewound";
  }
}

export interface InboxStoreOptions {
  connection: RedisConnection;
  install: string;
  placement: Placement;
  /** Items an inbox holds at most; the oldest gives way. */
  maxItems: number;
  /** How long records are kept after the ttl of their event. */
  keepMs: number;
}

const MAX_PAGE_BYTES = 100 * 1024;

export class InboxStore {
  readonly #options: InboxStoreOptions;
  readonly #scripts: Record<"accept" | "gather" | "mark" | "sync" | "turn" | "raise" | "takeDue", Script>;
  /** Never goes back, whatever this store forgets. */
  #highestEpoch = 0;

  constructor(options: InboxStoreOptions) {
    this.#options = options;
    const { client } = options.connection;
    const shared = readScript(import.meta.url, "./inbox.lua");
    const load = (file: string, ...includes: string[]) => loadScript(client, import.meta.url, file, ...includes);
    this.#scripts = {
      accept: load("./accept.lua", ledgerLua, shared),
      gather: load("./gather.lua", ledgerLua, shared),
      mark: load("./mark.lua", ledgerLua, shared),
      sync: load("./sync.lua", ledgerLua, shared),
      turn: load("./turn.lua", ledgerLua, shared),
      raise: load("./raise.lua"),
      takeDue: load("./take-due.lua"),
    };
  }

  isUp(): boolean {
    return this.#options.connection.isUp();
  }

  /** Throws {@link StoreRewound} for an event of a source that was not read again since a new epoch. */
  async accept(owner: InboxOwner, item: InboxItem): Promise<Accepted> {
    const keys = this.#keysOf(owner);
    const reply = await this.#run(
      "accept",
      owner,
      [keys.event(owner.tenant, owner.namespace, item.mid)],
      [
        item.mid,
        item.event,
        item.dataJson,
        item.infoJson,
        item.expiresAtMs,
        item.fallbackAfterMs ?? "",
        item.collapseKey ?? "",
        item.muted ? "1" : "0",
        this.#options.maxItems,
        this.#options.keepMs,
        item.source?.name ?? "",
        item.source?.sequence ?? 0,
        item.source?.reread === true ? "1" : "0",
      ],
      item.source === undefined,
    );
    const [status, state, epoch, seq, unread, ackSeq, madeWay, ...rest] = reply as [
      string,
      LedgerState,
      string,
      number,
      number,
      number,
      string[],
      ...string[],
    ];
    return { isNew: status === "NEW", state, epoch, seq, unread, ackSeq, madeWay, outcomes: outcomesOf(rest) };
  }

  /** Rejects with `CONFLICT` for an acknowledgement of another epoch. */
  async mark(owner: InboxOwner, mark: Mark): Promise<Marked> {
    const outcomes: Outcome[] = [];
    for (;;) {
      const reply = await this.#run("mark", owner, [], markArgs(mark));
      const [status, epoch, ackSeq, unread, changed, ...rest] = reply as [
        string,
        string,
        number,
        number,
        number,
        ...string[],
      ];
      if (status === "CONFLICT") throw new RollcallError("CONFLICT", { details: { epoch } });
      outcomes.push(...outcomesOf(rest));
      if (status === "OK") return { epoch, ackSeq, unread, changed: changed > 0, outcomes };
    }
  }

  async page(owner: InboxOwner, query: PageQuery): Promise<Page> {
    const seq = query.mode === "newest" ? 0 : query.seq;
    const reply = await this.#run("sync", owner, [], [query.mode, seq, query.limit, MAX_PAGE_BYTES]);
    const [, epoch, newest, unread, more, ...flat] = reply as [
      string,
      string,
      number,
      number,
      number,
      ...(string | number)[],
    ];
    const items: StoredItem[] = [];
    for (let i = 0; i + 5 < flat.length; i += 6) {
      const [mid, at, read, event, dataJson, info] = flat.slice(i, i + 6);
      items.push({
        mid: String(mid),
        seq: Number(at),
        read: read === 1,
        event: String(event),
        dataJson: String(dataJson),
        info: JSON.parse(String(info)) as EventInfo,
      });
    }
    return { epoch, seq: newest, unread, more: more === 1, items };
  }

  /** Undefined: there is no such record (any more). */
  async turn(timer: Timer, events: readonly LedgerEvent[], nextMs?: number): Promise<Turned | undefined> {
    const reply = await this.#run("turn", timer, [], [timer.mid, nextMs ?? "", ...events]);
    if ((reply as string[])[0] === "NONE") return undefined;
    const [, state, final, reason, attempts, event, dataJson, info, expiresAt, now, changedAt] = reply as string[];
    return {
      state: state as LedgerState,
      becameFinal: final === "1",
      reason: reason ?? "",
      attempts: Number(attempts),
      event: event ?? "",
      dataJson: dataJson ?? "null",
      info: JSON.parse(info ?? "{}") as EventInfo,
      expiresAtMs: expiresAt === "" ? undefined : Number(expiresAt),
      nowMs: Number(now),
      changedAtMs: Number(changedAt),
    };
  }

  /** Joins those of its event that wait to go out as one: does it speak for them, and in how many ms. */
  async gather(timer: Timer, event: string, windowMs: number): Promise<{ leads: boolean; inMs: number }> {
    const key = this.#keysOf(timer).gathering(timer, event);
    const reply = await this.#run("gather", timer, [key], [timer.mid, windowMs, windowMs + this.#options.keepMs]);
    const [, leader, inMs] = reply as string[];
    return { leads: leader === timer.mid, inMs: Number(inMs) };
  }

  /** Mids that wait to go out as one notice, oldest first. */
  async gathered(owner: InboxOwner, event: string, limit: number): Promise<string[]> {
    const key = this.#keysOf(owner).gathering(owner, event);
    return this.#direct(() => this.#options.connection.client.zrange(key, "0", String(limit - 1)));
  }

  /** They wait no more. */
  async scatter(owner: InboxOwner, event: string, mids: readonly string[]): Promise<void> {
    const key = this.#keysOf(owner).gathering(owner, event);
    await this.#direct(() => this.#options.connection.client.zrem(key, ...mids));
  }

  /** Timers whose time has come in a cell; each comes again after `holdMs` unless it is dealt with. */
  async takeDue(cell: string, count: number, holdMs: number): Promise<Timer[]> {
    const keys = inboxKeysOf(this.#options.install, cell);
    const found = (await this.#scripts.takeDue([keys.due()], [count, holdMs])) as string[];
    return found.map((text) => {
      const [tenant = "", namespace = "", user = "", mid = ""] = text.split(" ");
      return { tenant, namespace, user, mid };
    });
  }

  /** The ledger's account of one event; undefined when it has none. */
  async event(tenant: string, namespace: string, mid: string): Promise<EventRecord | undefined> {
    const { install, placement, connection } = this.#options;
    const key = inboxKeysOf(install, placement.cellOf(tenant)).event(tenant, namespace, mid);
    const fields = await this.#direct(() => connection.client.hgetall(key));
    const { name, info } = fields;
    if (name === undefined || info === undefined) return undefined;
    const recipients = Object.entries(fields)
      .filter(([field]) => field.startsWith("u:"))
      .map(([field, text]) => ({ user: field.slice(2), ...parseRecord(text) }));
    return { event: name, info: JSON.parse(info) as EventInfo, recipients };
  }

  /** Remembers that a publisher calls the event `id`, so that it can be asked for by that. */
  async nameEvent(tenant: string, id: string, mid: string, expiresAtMs: number): Promise<void> {
    const { install, placement, connection, keepMs } = this.#options;
    const key = inboxKeysOf(install, placement.cellOf(tenant)).origin(tenant, id);
    await this.#direct(() => connection.client.sadd(key, mid));
    await this.#direct(() => connection.client.pexpireat(key, Math.ceil(expiresAtMs + keepMs)));
  }

  async midsOf(tenant: string, id: string): Promise<string[]> {
    const { install, placement, connection } = this.#options;
    const key = inboxKeysOf(install, placement.cellOf(tenant)).origin(tenant, id);
    return this.#direct(() => connection.client.smembers(key));
  }

  /** The epoch in force for this run of Redis, raised if need be. */
  async raise(cell: string): Promise<string> {
    const keys = inboxKeysOf(this.#options.install, cell);
    const epoch = String(await this.#scripts.raise([keys.epoch()], [this.#runId(), this.#highestEpoch]));
    this.#highestEpoch = Math.max(this.#highestEpoch, Number(epoch));
    return epoch;
  }

  /** Was the source read again since this run of Redis began? */
  async isCurrent(cell: string, source: string): Promise<boolean> {
    const key = inboxKeysOf(this.#options.install, cell).epoch();
    const [run, epoch, done] = await this.#direct(() =>
      this.#options.connection.client.hmget(key, "run", "epoch", `done:${source}`),
    );
    return run === this.#runId() && epoch !== null && epoch === done;
  }

  async markCurrent(cell: string, source: string, epoch: string): Promise<void> {
    const key = inboxKeysOf(this.#options.install, cell).epoch();
    await this.#direct(() => this.#options.connection.client.hset(key, `done:${source}`, epoch));
  }

  /** Sequence of the oldest event of a source that has a recipient without a final state. */
  async lowestOpen(cell: string, source: string): Promise<number | undefined> {
    const key = inboxKeysOf(this.#options.install, cell).open(source);
    const [, score] = await this.#direct(() => this.#options.connection.client.zrange(key, "0", "0", "WITHSCORES"));
    return score === undefined ? undefined : Number(score);
  }

  async readPreference(tenant: string, user: string): Promise<string | undefined> {
    const { install, placement, connection } = this.#options;
    const key = inboxKeysOf(install, placement.cellOf(tenant)).preference(tenant, user);
    return (await this.#direct(() => connection.client.get(key))) ?? undefined;
  }

  async writePreference(tenant: string, user: string, json: string): Promise<void> {
    const { install, placement, connection } = this.#options;
    const key = inboxKeysOf(install, placement.cellOf(tenant)).preference(tenant, user);
    await this.#direct(() => connection.client.set(key, json));
  }

  #keysOf(owner: InboxOwner) {
    return inboxKeysOf(this.#options.install, this.#options.placement.cellOf(owner.tenant));
  }

  #runId(): string {
    const runId = this.#options.connection.runId();
    if (runId === undefined) throw new RollcallError("UNAVAILABLE");
    return runId;
  }

  /** `mayRaise`: nothing of a source is at stake, so a new epoch may begin here. */
  async #run(
    script: "accept" | "gather" | "mark" | "sync" | "turn",
    owner: InboxOwner,
    moreKeys: string[],
    args: readonly (string | number)[],
    mayRaise = true,
  ): Promise<unknown[]> {
    const keys = this.#keysOf(owner);
    const { tenant, namespace, user } = owner;
    const call = async () =>
      (await this.#scripts[script](
        [...scriptKeys(keys, owner), ...moreKeys],
        [this.#runId(), keys.prefix, tenant, namespace, user, ...args],
      )) as unknown[];
    const reply = await call();
    if (reply[0] !== "EPOCH") return reply;
    if (!mayRaise) throw new StoreRewound();
    await this.raise(this.#options.placement.cellOf(tenant));
    const again = await call();
    if (again[0] === "EPOCH") throw new RollcallError("UNAVAILABLE");
    return again;
  }

  async #direct<T>(command: () => Promise<T>): Promise<T> {
    if (!this.isUp()) throw new RollcallError("UNAVAILABLE");
    try {
      return await command();
    } catch (error) {
      throw fromRedis(error);
    }
  }
}

function markArgs(mark: Mark): (string | number)[] {
  switch (mark.op) {
    case "ack":
      return ["ack", mark.epoch, mark.seq];
    case "readUpTo":
      return ["readUpTo", "", mark.seq];
    default:
      return [mark.op, "", 0, ...mark.mids];
  }
}

function outcomesOf(flat: readonly string[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const state = flat[i] as LedgerState;
    if (isFinal(state)) outcomes.push({ state, reason: flat[i + 1] ?? "" });
  }
  return outcomes;
}
