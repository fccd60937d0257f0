import { describe, expect, it } from "vitest";
import { RollcallError } from "./errors.ts";
import { ATTEMPT_MS, initial, type Session, type SessionEffect, type SessionEvent, step } from "./session.ts";
import type { Health, SessionReady } from "./wire.ts";

const health: Health = { presence: "live", fanout: "live", inbox: "live" };
const ready = { session: "s", user: "ann", resumed: false, health } as SessionReady;
const LIFETIME_MS = 100_000;
const error = (code: RollcallError["code"], retryable = false, retryAfterMs?: number) =>
  new RollcallError({ code, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) });

/** Runs events from a state; the state they lead to and the effects of the last one. */
function run(state: Session, ...events: SessionEvent[]): { state: Session; effects: readonly SessionEffect[] } {
  let effects: readonly SessionEffect[] = [];
  for (const event of events) [state, effects] = step(state, event, 0.5);
  return { state, effects };
}

const transport = error("OFFLINE", true);
const connecting = run(initial, ["connect"]).state;
const online = run(connecting, ["token", connecting.turn], ["ready", ready, LIFETIME_MS]).state;
const waiting = run(online, ["down", false, transport]).state;
const ended = run(online, ["close"]).state;

describe("connecting", () => {
  it("[C1] an attempt asks for a token first, and has its time", () => {
    const { state, effects } = run(initial, ["connect"]);
    expect(state.phase).toBe("connecting");
    expect(effects).toEqual([
      ["timer", ATTEMPT_MS],
      ["token", state.turn],
    ]);
  });

  it("[C2] the token of this attempt opens the connection, that of an older one does nothing", () => {
    expect(run(connecting, ["token", connecting.turn]).effects).toEqual([["open"]]);
    expect(run(connecting, ["token", connecting.turn - 1])).toEqual({ state: connecting, effects: [] });
    expect(run(waiting, ["token", connecting.turn])).toEqual({ state: waiting, effects: [] });
    expect(run(connecting, ["token-failed", connecting.turn - 1, error("TOKEN", true)]).state).toBe(connecting);
  });

  it("[C3] ready: online, failures forgotten, the refresh planned at 70-80 % of the token's life", () => {
    const { state, effects } = run({ ...connecting, failures: 3, expired: true }, ["ready", ready, LIFETIME_MS]);
    expect(state).toMatchObject({
      phase: "online",
      session: ready,
      health,
      draining: false,
      failures: 0,
      expired: false,
    });
    expect(effects).toEqual([["refresh", 75_000]]);
  });

  it("[C4] an attempt that takes too long is cut, without a goodbye, and tried again", () => {
    const { state, effects } = run(connecting, ["timer"]);
    expect(state).toMatchObject({ phase: "waiting", failures: 1 });
    expect(effects[0]).toEqual(["cut"]);
  });

  it("[C5] failures wait longer and longer, spread by chance, up to a bound", () => {
    const wait = (failures: number, random: number) =>
      (step({ ...connecting, failures }, ["down", false, transport], random)[0] as Session & { retryInMs: number })
        .retryInMs;
    expect([wait(0, 0), wait(0, 0.999)]).toEqual([375, 1499]);
    expect(wait(1, 0.5)).toBeGreaterThan(wait(0, 0.5));
    expect(wait(500, 0.999)).toBeLessThanOrEqual(15_000);
  });

  it("[C5] the first retry after a loss begins within 1.5 s: the server counts on it", () => {
    for (const random of [0, 0.5, 0.999]) {
      const [, effects] = step(online, ["down", false, transport], random);
      expect(effects).toEqual([["timer", expect.any(Number)]]);
      expect(effects[0]![1]).toBeLessThanOrEqual(1_500);
    }
  });

  it("[C5] a server's retryAfterMs is the least", () => {
    const refused = error("OVERLOADED", true, 60_000);
    const { state } = run(connecting, ["refused", refused]);
    expect(state).toMatchObject({ phase: "waiting", error: refused });
    expect((state as Session & { retryInMs: number }).retryInMs).toBeGreaterThanOrEqual(60_000);
  });

  it.each([
    "AUTH_REQUIRED",
    "AUTH_INVALID",
    "AUTH_REVOKED",
    "FORBIDDEN",
    "PAYLOAD_INVALID",
    "PROTOCOL_UNSUPPORTED",
    "NAMESPACE_UNKNOWN",
  ] as const)("[C6] %s is final: the app must mend it", (code) => {
    expect(run(connecting, ["refused", error(code)]).state).toMatchObject({ phase: "ended", reason: "refused" });
  });

  it("[C6] AUTH_EXPIRED gets one more token; twice is final", () => {
    const once = run(connecting, ["refused", error("AUTH_EXPIRED")]).state;
    expect(once).toMatchObject({ phase: "waiting", expired: true });
    expect(run(once, ["timer"], ["refused", error("AUTH_EXPIRED")]).state.phase).toBe("ended");
  });

  it("[C13] who waits is told why", () => {
    const why = (state: Session, ...events: SessionEvent[]) => {
      const { phase, reason, error } = run(state, ...events).state as Session & { phase: "waiting" };
      return [phase, reason, error.code];
    };
    expect(why(connecting, ["down", false, transport])).toEqual(["waiting", "unreachable", "OFFLINE"]);
    expect(why(online, ["down", false, transport])).toEqual(["waiting", "lost", "OFFLINE"]);
    expect(why(connecting, ["timer"])).toEqual(["waiting", "timeout", "TIMEOUT"]);
    const failed = error("TOKEN", true);
    expect(why(connecting, ["token-failed", connecting.turn, failed])).toEqual(["waiting", "token", "TOKEN"]);
    expect(why(connecting, ["refused", error("OVERLOADED", true)])).toEqual(["waiting", "refused", "OVERLOADED"]);
    expect(why(connecting, ["refused", error("AUTH_EXPIRED")])).toEqual(["waiting", "refused", "AUTH_EXPIRED"]);
    const expired = why(online, ["session:revoked", { reason: "expired" }], ["down", true, transport]);
    expect(expired).toEqual(["waiting", "expired", "OFFLINE"]);
  });

  it("a token that cannot be had is waited for like a connection", () => {
    const failed = error("TOKEN", true);
    expect(run(connecting, ["token-failed", connecting.turn, failed]).state).toMatchObject({
      phase: "waiting",
      failures: 1,
      error: failed,
    });
  });
});

describe("online", () => {
  it("[C7] an expired token is replaced and the session resumed", () => {
    const { state } = run(online, ["session:revoked", { reason: "expired" }], ["down", true, transport]);
    expect(state.phase).toBe("waiting");
  });

  it.each(["replaced", "revoked", "abuse", "something new"])("[C7] revoked with %s: the end", (reason) => {
    const { state } = run(online, ["session:revoked", { reason }], ["down", true, transport]);
    expect(state).toMatchObject({ phase: "ended", reason });
  });

  it("[C7] a DISCONNECT without a reason: the end, for the server meant it", () => {
    expect(run(online, ["down", true, transport]).state).toMatchObject({ phase: "ended", reason: "disconnected" });
  });

  it("[C8] a drain is left at a random moment of its time, without a goodbye and without a wait", () => {
    const draining = run(online, ["server:drain", { reconnectInMs: 8_000 }]);
    expect(draining.effects).toEqual([["timer", 4_000]]);
    expect(draining.state).toMatchObject({ phase: "online", draining: true });
    const { state, effects } = run(draining.state, ["timer"]);
    expect(state.phase).toBe("connecting");
    expect(effects[0]).toEqual(["cut"]);
    expect(run(draining.state, ["server:drain", { reconnectInMs: 1 }]).effects).toEqual([]);
  });

  it("[C9] a warning of expiry brings the refresh forward, spread over a quarter of what is left", () => {
    expect(run(online, ["session:expiring", { inMs: 60_000 }])).toEqual({
      state: online,
      effects: [["refresh", 7_500]],
    });
  });

  it("[C10] a refreshed token is refreshed again; a failed refresh is repeated, not before retryAfterMs", () => {
    expect(run(online, ["refreshed", 200_000]).effects).toEqual([["refresh", 150_000]]);
    expect(run(online, ["refresh-failed", error("UNAVAILABLE", true)]).effects).toEqual([["refresh", 7_500]]);
    expect(run(online, ["refresh-failed", error("UNAVAILABLE", true, 20_000)]).effects[0]![1]).toBeGreaterThanOrEqual(
      20_000,
    );
  });

  it("health is part of the status", () => {
    const stale = { ...health, fanout: "stale" } as const;
    expect(run(online, ["session:health", stale]).state).toMatchObject({ phase: "online", health: stale });
  });
});

describe("ends and new beginnings", () => {
  it("[C12] close says goodbye where there is somebody to say it to", () => {
    expect(run(online, ["close"])).toMatchObject({ state: { phase: "ended", reason: "closed" }, effects: [["leave"]] });
    expect(run(connecting, ["close"]).effects).toEqual([["leave"]]);
    expect(run(waiting, ["close"])).toMatchObject({ state: { phase: "ended" }, effects: [] });
  });

  it("[C12] an end is an end, whatever still arrives", () => {
    const late: SessionEvent[] = [
      ["token", ended.turn],
      ["ready", ready, 1],
      ["down", false, transport],
      ["timer"],
      ["nudge"],
      ["close"],
      ["server:drain", { reconnectInMs: 1 }],
      ["refreshed", 1],
    ];
    for (const event of late) expect(run(ended, event)).toEqual({ state: ended, effects: [] });
  });

  it("a wait ends by its timer, by a network that is back, or by the app", () => {
    for (const event of [["timer"], ["nudge"], ["connect"]] as SessionEvent[]) {
      expect(run(waiting, event).state.phase).toBe("connecting");
    }
    expect(run(online, ["nudge"])).toEqual({ state: online, effects: [] });
  });

  it("[C2] every change of phase has its own turn", () => {
    const turns = [initial, connecting, online, waiting, run(waiting, ["close"]).state].map(({ turn }) => turn);
    expect(new Set(turns).size).toBe(turns.length);
  });
});
