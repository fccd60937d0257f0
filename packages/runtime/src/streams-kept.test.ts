import { deepEqual, equal, rejects } from "node:assert/strict";
import { beforeEach, test } from "vitest";
import { createLogger } from "./logger.ts";
import { ManualClock } from "./manual-clock.ts";
import { keepStreams, type StreamsKept } from "./streams-kept.ts";

let clock: ManualClock;
let lines: { event: string; [field: string]: unknown }[];
let isUp: boolean;
let comesBack: () => void;
let looks: number;
let ensure: () => Promise<readonly string[]>;
let kept: StreamsKept;
beforeEach(() => {
  clock = new ManualClock();
  lines = [];
  isUp = true;
  looks = 0;
  ensure = async () => [];
  const logger = createLogger({
    service: "test",
    instance: "test",
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const nats = {
    isUp: () => isUp,
    onUp(fn: () => void) {
      comesBack = fn;
      return () => {
        comesBack = () => {};
      };
    },
  };
  kept = keepStreams({
    nats,
    clock,
    logger,
    ensure: () => {
      looks++;
      return ensure();
    },
  });
});
const events = () => lines.map(({ event }) => event);

test("what was made is said; where nothing was missing there is nothing to say", async () => {
  await kept.look();
  deepEqual(events(), []);
  ensure = async () => ["A"];
  await kept.look();
  deepEqual([lines[0]?.event, lines[0]?.streams], ["streams.made", ["A"]]);
});

test("several who ask at once share one look, and its rejection", async () => {
  ensure = async () => {
    throw new Error("A is missing");
  };
  await Promise.all([rejects(kept.look(), /A is missing/), rejects(kept.look(), /A is missing/)]);
  equal(looks, 1);
});

test("when the connection is back it looks until all is good, and says once what is missing", async () => {
  ensure = async () => {
    throw new Error("A is missing");
  };
  comesBack();
  await clock.advance(60_000);
  deepEqual(events(), ["streams.missing"]);
  equal((lines[0]!.error as { message: string }).message, "A is missing");
  const before = looks;
  await clock.advance(60_000);
  equal(looks - before, 6); // not more often than every ten seconds
  ensure = async () => [];
  await clock.advance(10_000);
  deepEqual(events(), ["streams.missing", "streams.good"]);
  const after = looks;
  await clock.advance(60_000);
  equal(looks, after);
});

test("while the connection is away it waits for its return, and when closed for nothing", async () => {
  isUp = false;
  ensure = async () => {
    throw new Error("closed");
  };
  comesBack();
  await clock.advance(60_000);
  equal(looks, 1);
  isUp = true;
  comesBack();
  await clock.advance(0);
  kept.close();
  const closed = looks;
  comesBack();
  await clock.advance(60_000);
  equal(looks, closed);
  deepEqual(events(), ["streams.missing"]);
});
