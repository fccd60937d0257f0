/**
 * `durable.digest`: fallbacks of one event to one user that come due within a window go out as one notice. The oldest
 * record still open speaks for all: its job takes the others along when the window has passed. Each keeps its own
 * record and its own end; whoever is left over when a worker dies speaks for the next window.
 */

import { messageId } from "@rollcall/contracts/internal";
import type { InboxStore } from "../inbox/inbox-store.ts";
import type { Timer, Turned } from "../inbox/inbox-types.ts";
import { isFinal } from "../ledger/ledger.ts";
import type { Notice, NoticeItem } from "./channel.ts";

/** Others that one notice takes along at most; the rest gathers again. */
const DIGEST_MAX = 100;
/** Nor does it grow much beyond this, UTF-16 units of JSON. */
const DIGEST_MAX_LENGTH = 128 * 1024;

export interface Companion {
  timer: Timer;
  record: Turned;
}

/** Claims what the notice of `leader` takes along, oldest first: what was acknowledged meanwhile stays behind. */
export async function takeAlong(
  store: InboxStore,
  leader: Timer,
  event: string,
  reconcileMs: number,
): Promise<{ taken: Companion[]; ended: Turned[] }> {
  const taken: Companion[] = [];
  const ended: Turned[] = [];
  let length = 0;
  for (const mid of await store.gathered(leader, event, DIGEST_MAX + 1)) {
    if (mid === leader.mid) continue;
    if (taken.length === DIGEST_MAX || length > DIGEST_MAX_LENGTH) break;
    const timer = { ...leader, mid };
    const record = await store.turn(timer, ["due", "claim"], reconcileMs);
    if (record === undefined) continue;
    if (isFinal(record.state)) ended.push(record);
    else {
      taken.push({ timer, record });
      length += record.dataJson.length;
    }
  }
  return { taken, ended };
}

/**
 * The newest is what a receiver that knows no digests shows; `digest` has all, oldest first. Its key names what is in
 * it: when an attempt whose answer was lost is repeated and more has gathered since, a receiver that drops repeats must
 * not drop that.
 */
export function digestOf(leader: Notice, record: Turned, companions: readonly Companion[]): Notice {
  if (companions.length === 0) return leader;
  const digest = [{ timer: { mid: leader.id }, record }, ...companions]
    .toSorted((a, b) => a.record.seq - b.record.seq)
    .map(
      ({ timer, record: { dataJson, info } }): NoticeItem => ({
        id: timer.mid,
        data: JSON.parse(dataJson),
        ts: info.ts,
      }),
    );
  const key = messageId(leader.tenant, leader.key, digest.map((item) => item.id).join(" "));
  return { ...leader, ...digest.at(-1), key: `d-${key}`, digest };
}
