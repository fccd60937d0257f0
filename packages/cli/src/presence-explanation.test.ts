import { expect, test } from "vitest";
import { type Explained, explanation } from "./presence-explanation.ts";

const CELL = { cellEpoch: "1795641862777", brake: null };
const PHONE: Explained["sessions"][number] = {
  session: "phone-0123456789ab",
  namespace: "/",
  edge: "edge-1-x7",
  since: "2026-01-01T00:00:00.000Z",
  status: "active",
  client: "board/1.2",
  rooms: ["doc:1", "doc:2"],
  incarnation: 1795641862790,
  state: "online",
  leaseAgeMs: 1_240,
  leaseLeftMs: 4_760,
};

test("online: what holds each session, and what changed last", () => {
  const { client: _, leaseAgeMs: __, leaseLeftMs: ___, ...rest } = PHONE;
  const laptop = { ...rest, session: "laptop-0123456789", rooms: [], observing: ["doc:3"] };
  const data: Explained = {
    user: "ann",
    online: true,
    epoch: "1795641862777.5",
    version: 3,
    visible: false,
    ...CELL,
    brake: { reason: "epoch", heldMs: 4_200 },
    last: {
      change: "changed",
      reason: "connect",
      at: "2026-01-01T00:00:05.000Z",
      epoch: "1795641862777.5",
      version: 3,
      trace: "0af7651916cd43dd8448eb211c80319c",
    },
    sessions: [PHONE, { ...laptop, state: "lost", lost: "drain", graceLeftMs: 3_100 }, { ...laptop, observing: [] }],
  };
  expect(explanation(data)).toEqual([
    "ann is online: 3 sessions, epoch 1795641862777.5 version 3, invisible",
    "last change: changed at 2026-01-01T00:00:05.000Z because of connect, epoch 1795641862777.5 version 3, trace 0af7651916cd43dd8448eb211c80319c",
    "cell: epoch 1795641862777, the brake holds (epoch, for 4.2 s so far): nobody is evicted",
    "/ phone-0123456789ab on edge-1-x7: connected; its edge renewed 1.2 s ago, the lease ends in 4.8 s",
    "  since 2026-01-01T00:00:00.000Z, active, incarnation 1795641862790, board/1.2, rooms: doc:1 doc:2",
    "/ laptop-0123456789 on edge-1-x7: lost (drain), grace ends in 3.1 s",
    "  since 2026-01-01T00:00:00.000Z, active, incarnation 1795641862790, rooms: none, observing: doc:3",
    "/ laptop-0123456789 on edge-1-x7: connected; its edge has no lease: it will be lost",
    "  since 2026-01-01T00:00:00.000Z, active, incarnation 1795641862790, rooms: none",
  ]);
});

test("offline: why, or that nobody knows any more", () => {
  const last = {
    change: "offline",
    reason: "evicted",
    at: "2026-01-01T00:00:05.000Z",
    epoch: "7.5",
    version: 4,
  } as const;
  const gone: Explained = { user: "ann", online: false, ...CELL, last, sessions: [] };
  expect(explanation(gone)).toEqual([
    "ann is offline",
    "last change: offline at 2026-01-01T00:00:05.000Z because of evicted, epoch 7.5 version 4",
    "cell: epoch 1795641862777, no brake",
  ]);
  expect(explanation({ user: "bob", online: false, ...CELL, sessions: [] })[1]).toBe(
    "last change: none that the stream still has",
  );
});
