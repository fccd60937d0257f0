import { expect, test } from "vitest";
import { judge, newObserver, observe } from "./observer.ts";

const LEASE_MS = 6_000;
const well = { nowMs: 10_000, loopDelayMs: 5, leaseMs: LEASE_MS, natsUp: true };

test("[O1] a late loop or a late answer makes an observer sick until it is on time again", () => {
  expect(judge(newObserver, { ...well, loopDelayMs: 1_500 })).toMatchObject({ kind: "sweep" });
  expect(judge(newObserver, { ...well, loopDelayMs: 1_501 })).toEqual({ kind: "sick" });
  const slow = observe(newObserver, { kind: "answered", roundTripMs: 1_501 }, 0);
  expect(judge(slow, well)).toEqual({ kind: "sick" });
  expect(judge(observe(slow, { kind: "answered", roundTripMs: 3 }, 0), well)).toMatchObject({ kind: "sweep" });
});

test("[O2] an outage asks for the brake, for one lease after it", () => {
  const cut = observe(newObserver, { kind: "look", redisUp: false, natsUp: true }, 4_000);
  const brake = (nowMs: number) => judge(cut, { ...well, nowMs });
  expect(brake(9_999)).toEqual({ kind: "sweep", well: true, brake: "outage" });
  expect(brake(10_000)).toEqual({ kind: "sweep", well: true, brake: undefined });
  const away = observe(newObserver, { kind: "look", redisUp: true, natsUp: false }, 4_000);
  expect(judge(away, { ...well, nowMs: 9_999 })).toMatchObject({ brake: "outage" });
  const neverAway = observe(newObserver, { kind: "look", redisUp: true, natsUp: true }, 10_000);
  expect(judge(neverAway, well)).toMatchObject({ brake: undefined });
});

test("[O3] without NATS its time does not count", () => {
  expect(judge(newObserver, { ...well, natsUp: false })).toMatchObject({ well: false });
});
