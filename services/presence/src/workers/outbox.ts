/**
 * Brings the outbox to JetStream: at least once, in order per subject, by one relay at a time in the cell.
 *
 * An entry is removed after its PubAck. Who dies in between has published it; the next relay publishes it again under
 * the same `Nats-Msg-Id`. Two relays at once (a claim that ended unnoticed) can therefore repeat, not reorder: what is
 * already in the stream is not stored again.
 *
 * Who commits is woken, and takes the claim if nobody has it: who finds nothing more gives it back. Looking unasked is for
 * what a replica that died has left, and asks first whether anything waits: a claim costs Redis five times as much.
 */

import type { Subjects } from "@rollcall/contracts";
import type { Clock, Logger } from "@rollcall/runtime";
import type { Outbox, OutboxEntry, OutboxStanding } from "../store.ts";
import { cloudEvent, type OutgoingEvent } from "./cloud-events.ts";

/** Resolves when the stream has stored the event. */
export type Publish = (event: OutgoingEvent, id: string) => Promise<void>;

export interface RelayOptions {
  outbox: Outbox;
  publish: Publish;
  subjects: Subjects;
  /** CloudEvent source. */
  source: string;
  /** Unique per process start. */
  relay: string;
  clock: Clock;
  logger: Logger;
  redisUp(): boolean;
  natsUp(): boolean;
  /** Called once per entry this process published. */
  published(entry: OutboxEntry): void;
  /** How the outbox stands; undefined when nothing waits, and when another process relays, whose word it is. */
  stands(standing: OutboxStanding | undefined): void;
}

export interface Relay {
  /** There may be something new. Who may not relay looks in its own time. */
  poke(): void;
  /** Publishes what it has taken, and lets another go on. */
  close(): Promise<void>;
}

const BATCH = 256;
/** A relay that died holds the others up for no longer. */
const CLAIM_MS = 3_000;
const IDLE_MS = 1_000;
/** After a batch that was not full: what comes meanwhile shares the next one, with its three round trips of Redis. */
const GATHER_MS = 10;
/** Another has the claim: it takes what comes meanwhile, or gives it back. */
const NOT_MINE_MS = 100;
const NATS_AWAY_MS = 500;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 2_000;

export function startRelay(options: RelayOptions): Relay {
  const { outbox, clock, logger, relay } = options;
  const stopping = new AbortController();
  let wake = () => {};
  let isPoked = false;
  let isIdle = false;
  let holdsClaim = false;
  let failures = 0;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = clock.setTimer(ms, resolve);
      wake = () => {
        timer.cancel();
        resolve();
      };
    });

  const rest = async (): Promise<number> => {
    if (holdsClaim) await outbox.yield(relay);
    holdsClaim = false;
    return IDLE_MS;
  };

  const turn = async (): Promise<number> => {
    const isToldOf = isPoked;
    isPoked = false;
    if (!options.redisUp()) return IDLE_MS;
    const canPublish = options.natsUp();
    if (!isToldOf && (await outbox.isEmpty())) {
      options.stands(undefined);
      return rest();
    }
    const { mine, entries, standing } = await outbox.take(relay, { claimMs: CLAIM_MS, count: canPublish ? BATCH : 0 });
    holdsClaim = mine;
    options.stands(mine || !canPublish ? standing : undefined); // while nobody relays, everybody tells how long it gets
    if (!mine) return canPublish ? NOT_MINE_MS : NATS_AWAY_MS;
    if (entries.length === 0) return rest();
    for (const part of betweenEpochs(entries)) await publishAll(part);
    return entries.length === BATCH ? 0 : GATHER_MS;
  };

  /** Subjects side by side, the entries of one after the other. Removes what was stored, also when the rest failed. */
  const publishAll = async (entries: readonly OutboxEntry[]) => {
    const bySubject = Map.groupBy(
      entries.map((entry) => ({ entry, event: cloudEvent(entry, options.subjects, options.source) })),
      ({ event }) => event.subject,
    );
    const stored: string[] = [];
    const chain = async (events: readonly { entry: OutboxEntry; event: OutgoingEvent }[]) => {
      for (const { entry, event } of events) {
        await options.publish(event, entry.id);
        stored.push(entry.place);
        options.published(entry);
      }
    };
    const outcomes = await Promise.allSettled([...bySubject.values()].map(chain));
    if (stored.length > 0) await outbox.done(stored);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      let waitMs: number;
      try {
        waitMs = await turn();
        failures = 0;
      } catch (error) {
        failures++;
        waitMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(failures - 1, 8));
        if (failures === 1)
          logger.warn({ event: "outbox.failed", error }, "transitions could not be published; trying again");
      }
      isIdle = failures === 0 && waitMs === IDLE_MS; // while it fails it waits its time out
      if (isIdle && isPoked) continue; // while it looked
      if (waitMs > 0 && !stopping.signal.aborted) await pause(waitMs);
      isIdle = false;
    }
    await outbox.yield(relay).catch((error: unknown) => {
      logger.debug({ event: "outbox.yield_failed", error }, "the claim ends by itself");
    });
  };
  const running = run();

  return {
    poke() {
      isPoked = true;
      if (isIdle) wake();
    },
    async close() {
      stopping.abort();
      wake();
      await running;
    },
  };
}

/** What came before a new epoch is published before it, and what came after, after: other subjects, one order. */
function betweenEpochs(entries: readonly OutboxEntry[]): OutboxEntry[][] {
  const parts: OutboxEntry[][] = [[]];
  for (const entry of entries) {
    if (entry.kind === "epoch") parts.push([entry], []);
    else parts.at(-1)!.push(entry);
  }
  return parts.filter((part) => part.length > 0);
}
