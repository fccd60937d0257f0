import { type Clock, ManualClock } from "@rollcall/runtime";
import { beforeEach, describe, expect, test } from "vitest";
import { PingWheel, type Seat } from "./pings.ts";

const BOUNDS = { intervalMs: 6_000, timeoutMs: 5_000 };
const SLOT_MS = 250;

/** engine.io's side of one connection. */
class Peer {
  seat!: Seat<Peer>;
  awaited = false;
  hasExtended = false;
  pings: number[] = [];
  lostAtMs: number | undefined;
  pong(): void {
    this.awaited = false;
  }
  chatter(): void {
    if (!this.awaited || this.hasExtended) return;
    this.hasExtended = true;
    this.seat.refresh();
  }
}

let clock: ManualClock;
let wheel: PingWheel<Peer>;
let answers: boolean;
/** How long the process has stood still: time went on, no timer ran. */
let stoodMs: number;
beforeEach(() => {
  clock = new ManualClock();
  answers = true;
  stoodMs = 0;
  const standing: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() + stoodMs,
    setTimer: (ms, fn) => clock.setTimer(ms, fn),
    setRepeating: (ms, fn) => clock.setRepeating(ms, fn),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    immediate: (fn) => clock.immediate(fn),
  };
  wheel = new PingWheel<Peer>(standing, BOUNDS, {
    ping({ connection: peer }) {
      peer.pings.push(clock.monotonic());
      peer.awaited = true;
      peer.hasExtended = false;
      if (answers) clock.setTimer(10, () => peer.pong());
    },
    isAwaited: ({ connection: peer }) => peer.awaited,
    lost(seat) {
      seat.connection.lostAtMs = clock.monotonic();
      seat.connection.awaited = false;
      wheel.remove(seat);
    },
    flush() {},
  });
});
const join = () => {
  const peer = new Peer();
  peer.seat = wheel.add(peer);
  return peer;
};

describe("[G1]", () => {
  test("who answers is pinged once an interval and stays", async () => {
    const peers: Peer[] = [];
    for (let i = 0; i < 50; i++) {
      peers.push(join());
      await clock.advance(137);
    }
    await clock.advance(60_000);
    for (const peer of peers) {
      expect(peer.lostAtMs).toBeUndefined();
      expect(peer.pings.length).toBeGreaterThanOrEqual(9);
      for (let i = 1; i < peer.pings.length; i++) expect(peer.pings[i]! - peer.pings[i - 1]!).toBe(BOUNDS.intervalMs);
    }
  });

  test.each([0, 100, 249, 250, 251, 5_999])(
    "who joined at %i ms and never answers is lost within the bounds",
    async (at) => {
      answers = false;
      join();
      await clock.advance(at);
      const peer = join();
      await clock.advance(60_000);
      const afterMs = peer.lostAtMs! - at;
      expect(afterMs).toBeGreaterThan(BOUNDS.intervalMs + BOUNDS.timeoutMs - 2 * SLOT_MS);
      expect(afterMs).toBeLessThanOrEqual(BOUNDS.intervalMs + BOUNDS.timeoutMs + SLOT_MS);
    },
  );

  test("something else while a pong is awaited buys the timeout once more, counted from then", async () => {
    answers = false;
    const peer = join();
    await clock.advance(6_000 + 2_000);
    peer.chatter();
    await clock.advance(4_000);
    peer.chatter();
    expect(peer.lostAtMs).toBeUndefined();
    await clock.advance(60_000);
    expect(peer.lostAtMs).toBeGreaterThanOrEqual(8_000 + BOUNDS.timeoutMs - SLOT_MS);
    expect(peer.lostAtMs).toBeLessThanOrEqual(8_000 + BOUNDS.timeoutMs + SLOT_MS);
  });
});

test("[G2] who sends all the time and never answers is lost too", async () => {
  answers = false;
  const peer = join();
  for (let i = 0; i < 300; i++) {
    await clock.advance(100);
    peer.chatter();
  }
  expect(peer.lostAtMs).toBeLessThanOrEqual(6_000 + 2 * BOUNDS.timeoutMs + SLOT_MS);
  expect(peer.pings).toHaveLength(1);
});

describe("[G4]", () => {
  test("when the process has stood still for longer than clients wait, all are lost before anything else is done", async () => {
    const peers = Array.from({ length: 10 }, join);
    await clock.advance(60_000);
    stoodMs = BOUNDS.intervalMs + BOUNDS.timeoutMs + SLOT_MS;
    const pings = peers.map((peer) => peer.pings.length);
    await clock.advance(SLOT_MS);
    expect(peers.map(({ lostAtMs }) => lostAtMs)).toEqual(peers.map(() => clock.monotonic()));
    expect(peers.map((peer) => peer.pings.length)).toEqual(pings);
  });

  test("not when it stood still for less: they may be there", async () => {
    const peers = Array.from({ length: 10 }, join);
    await clock.advance(60_000);
    stoodMs = BOUNDS.intervalMs + BOUNDS.timeoutMs - SLOT_MS;
    await clock.advance(60_000);
    expect(peers.filter(({ lostAtMs }) => lostAtMs !== undefined)).toEqual([]);
  });
});

test("[P16] an empty wheel has no timer; it starts again", async () => {
  const peer = join();
  expect(clock.pending).toBe(1);
  wheel.remove(peer.seat);
  wheel.remove(peer.seat);
  expect(clock.pending).toBe(0);
  await clock.advance(100_000);
  const next = join();
  await clock.advance(6_000);
  expect(next.pings).toHaveLength(1);
  expect(peer.pings).toHaveLength(0);
});

test("leaving frees one's own place, whoever else stands in the slot", async () => {
  const peers = Array.from({ length: 10 }, join);
  for (const i of [0, 9, 4]) wheel.remove(peers[i]!.seat);
  await clock.advance(6_000);
  expect(peers.map((peer) => peer.pings.length)).toEqual([0, 1, 1, 1, 0, 1, 1, 1, 1, 0]);
});
