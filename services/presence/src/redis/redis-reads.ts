/** What is read of a cell in Redis: bounded pages, decoded. */

import type {
  EntryFacts,
  HistoryAsk,
  HistoryRead,
  RoomName,
  RoomRead,
  Stamp,
  StateAsk,
  StateRead,
  UserFacts,
  UserRecord,
  UsersRead,
} from "../store.ts";
import type { CellScripts } from "./cell-scripts.ts";
import { optional, sessionFacts, userFacts } from "./decode.ts";
import { readEntry, readMember } from "./packed.ts";

/** One more than a page may hold: whether another follows. */
const PAGE_MAX = 501;
/** One more than a page of history may hold. */
const HISTORY_MAX = 201;

export class RedisReads {
  protected readonly scripts: CellScripts;

  constructor(scripts: CellScripts) {
    this.scripts = scripts;
  }

  async users(tenant: string, users: readonly string[]): Promise<Stamp & UsersRead> {
    const found: (UserFacts | undefined)[] = [];
    let stamp: Stamp | undefined;
    let position: string | undefined; // of the first page: what came since may be in the others too
    for (let at = 0; at < users.length || stamp === undefined; at += PAGE_MAX) {
      const page = users.slice(at, at + PAGE_MAX);
      const reply = await this.scripts.call("read-users", [tenant, ...page]);
      stamp = this.scripts.stamp(reply);
      position ??= String(reply[4]);
      const rows = reply[3] as unknown[][];
      for (const [i, row] of rows.entries()) found.push(row.length === 0 ? undefined : userFacts(stamp, page[i]!, row));
    }
    return { ...stamp, users: found, position: position! };
  }

  async userPage(tenant: string, after: string, limit: number): Promise<Stamp & { count: number; users: UserFacts[] }> {
    const reply = await this.scripts.call("read-user-page", [tenant, after, Math.min(limit, PAGE_MAX)]);
    const stamp = this.scripts.stamp(reply);
    const rows = reply[4] as unknown[][];
    return {
      ...stamp,
      count: Number(reply[3]),
      users: rows.map(([user, ...row]) => userFacts(stamp, String(user), row)),
    };
  }

  async user(tenant: string, user: string): Promise<UserRecord> {
    const reply = await this.scripts.call("read-sessions", [tenant, user]);
    const [, epoch, brake, spent, , birth, version, hidden, rows] = reply;
    const sessions = (rows as unknown[][]).map((row) => sessionFacts(tenant, user, row));
    return {
      epoch: this.scripts.saw(epoch),
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
    const reply = await this.scripts.call("read-room", [
      tenant,
      namespace,
      room,
      page.after,
      Math.min(page.limit, PAGE_MAX),
    ]);
    const [, epoch, , birth, version, count, occupancy, state, seq, members, position] = reply;
    const stamp = this.scripts.stamp(reply);
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
    const reply = await this.scripts.call("read-state", [tenant, namespace, room, ask.which, ...which]);
    const [, epoch, , birth, version, more, flat, deleted] = reply as unknown[];
    const entries: EntryFacts[] = [];
    const texts = flat as string[];
    for (let i = 0; i < texts.length; i += 2) entries.push(readEntry(texts[i]!, texts[i + 1]!));
    return {
      ...this.scripts.stamp(reply),
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
    const reply = await this.scripts.call("read-history", [tenant, namespace, room, ...page]);
    const [, epoch, , birth, seq, events, seqs] = reply as unknown[];
    return {
      ...this.scripts.stamp(reply),
      roomEpoch: `${String(epoch)}.${String(birth)}`,
      seq: Number(seq),
      events: events as string[],
      seqs: (seqs as string[]).map(Number),
    };
  }

  async position(): Promise<string> {
    const reply = await this.scripts.call("read-position", []);
    return String(reply[3]);
  }

  async rooms(tenant: string, namespace: string, page: { prefix: string; after: string; limit: number }) {
    const { prefix, after, limit } = page;
    const reply = await this.scripts.call("read-rooms", [tenant, namespace, prefix, after, Math.min(limit, PAGE_MAX)]);
    const rooms = (reply[3] as unknown[][]).map(([room, count, since]) => ({
      room: String(room),
      count: Number(count),
      sinceMs: Number(since),
    }));
    return { ...this.scripts.stamp(reply), rooms };
  }
}
