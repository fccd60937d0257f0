/** The two reads of `log-cursor.ts` as Redis commands, and their replies as values. */

import type { Redis } from "ioredis";
import { BLOCK_MS, type RawEntry, READ_COUNT, type StreamInfo } from "./log-cursor.ts";
import { ZERO_ID } from "./stream-id.ts";

type StreamReply = [id: string, fields: string[] | null][];

/** Blocks up to {@link BLOCK_MS}. */
export async function tailRead(redis: Redis, key: string, after: string): Promise<RawEntry[]> {
  const reply = await redis.xread("COUNT", READ_COUNT, "BLOCK", BLOCK_MS, "STREAMS", key, after);
  return entriesOf(reply);
}

/** Does not block; `after` undefined reads no entries. One transaction: the information is of the same moment. */
export async function checkedRead(
  redis: Redis,
  key: string,
  after: string | undefined,
): Promise<{ info: StreamInfo | undefined; entries: RawEntry[] }> {
  const transaction = redis.multi().xinfo("STREAM", key);
  if (after !== undefined) transaction.xread("COUNT", READ_COUNT, "STREAMS", key, after);
  const replies = await transaction.exec();
  const [infoError, info] = replies?.[0] ?? [new Error("transaction without reply"), undefined];
  if (infoError !== null) {
    if (/no such key/i.test(infoError.message)) return { info: undefined, entries: [] };
    throw infoError;
  }
  const [readError, read] = replies?.[1] ?? [null, null];
  if (readError !== null) throw readError;
  return { info: infoOf(info), entries: entriesOf(read) };
}

function entriesOf(reply: unknown): RawEntry[] {
  if (reply === null || reply === undefined) return [];
  const [first] = reply as [string, StreamReply][];
  return (first?.[1] ?? []).map(([id, fields]) => ({ id, fields: fields ?? [] }));
}

function infoOf(reply: unknown): StreamInfo {
  const flat = reply as unknown[];
  const value = (name: string) => flat[flat.indexOf(name) + 1];
  const added = Number(value("entries-added"));
  if (!flat.includes("entries-added") || !Number.isSafeInteger(added)) {
    throw new Error("XINFO STREAM has no entries-added: Redis 7.0 or newer is needed");
  }
  const firstEntry = value("first-entry") as [string, unknown] | null;
  return {
    firstId: firstEntry?.[0] ?? ZERO_ID,
    lastId: String(value("last-generated-id")),
    length: Number(value("length")),
    added,
  };
}
