/** What the parts of the contract suite share: a world on virtual time, one lane per edge, and words for what edges do. */

import type { LaneOp, RoomRules, SessionRef } from "@rollcall/contracts/internal";
import { beforeEach, expect } from "vitest";
import type { LaneOutcome, OpResult, StoreBounds, SweepAsk, SweepReport } from "../../src/store.ts";
import { BOUNDS, type SocketMessage, type World } from "../worlds.ts";

export const START_MS = Date.UTC(2026, 0, 1);
export const KEEP: RoomRules = { retainMs: 3_600_000 };
export const DROP: RoomRules = { retainMs: 0 };

export type OpBody = LaneOp extends infer O ? (O extends unknown ? Omit<O, "n"> : never) : never;
export type Join = Partial<Extract<LaneOp, { op: "join" }>>;

export type MakeWorld = (bounds: StoreBounds) => World;
export type Harness = ReturnType<typeof contractHarness>;

/** A fresh world before each test. */
export function contractHarness(make: MakeWorld) {
  let world: World;
  let nowMs: number;
  const lanes = new Map<string, number>();

  const at = async (ms: number) => {
    nowMs += ms;
    await world.at(nowMs);
  };
  const begin = async (bounds: Partial<StoreBounds> = {}) => {
    world = make({ ...BOUNDS, ...bounds });
    lanes.clear();
    nowMs = START_MS;
    await at(0);
  };
  beforeEach(() => begin());

  const hello = async (...edges: string[]) => {
    for (const edge of edges) await world.store.hello(edge);
  };
  const send = async (edge: string, ...bodies: OpBody[]): Promise<LaneOutcome> => {
    const first = (lanes.get(edge) ?? 0) + 1;
    const ops = bodies.map((body, i) => ({ ...body, n: first + i }) as LaneOp);
    const outcome = await world.store.lane(edge, ops);
    if (outcome.status === "OK") lanes.set(edge, first + ops.length - 1);
    return outcome;
  };
  const apply = async (edge: string, body: OpBody): Promise<OpResult> => {
    const outcome = await send(edge, body);
    if (outcome.status !== "OK") throw new Error(outcome.status);
    return outcome.results[0]!;
  };
  const as = <K extends OpResult["kind"]>(result: OpResult, kind: K): Extract<OpResult, { kind: K }> => {
    expect(result.kind, JSON.stringify(result)).toBe(kind);
    return result as Extract<OpResult, { kind: K }>;
  };
  const ref = (user: string, device = "phone", namespace = "/"): SessionRef => ({
    tenant: "main",
    namespace,
    user,
    session: `${device}-0123456789abcdef`,
  });
  const open = async (edge: string, session: SessionRef, more: Partial<Extract<LaneOp, { op: "open" }>> = {}) =>
    as(await apply(edge, { op: "open", ref: session, issuedAtMs: START_MS, expiresAtMs: START_MS, ...more }), "open");
  const joinRaw = (edge: string, session: SessionRef, incarnation: number, room: string, more: Join = {}) =>
    apply(edge, { op: "join", ref: session, incarnation, room, rules: KEEP, observe: false, ...more });
  const join = async (edge: string, session: SessionRef, incarnation: number, room: string, more: Join = {}) =>
    as(await joinRaw(edge, session, incarnation, room, more), "join").facts;
  /** A user with one session in one room. */
  const enter = async (edge: string, user: string, room: string, more: Join = {}) => {
    const session = ref(user);
    const { incarnation } = await open(edge, session);
    await join(edge, session, incarnation, room, more);
    return { ref: session, incarnation };
  };
  const sweepOnce = (ask: SweepAsk = { well: true, brake: undefined }) => world.store.sweep(ask);
  /** Every replica's rounds for `ms`, the given edges renewing. */
  const pass = async (ms: number, alive: string[] = [], ask: SweepAsk = { well: true, brake: undefined }) => {
    let last: SweepReport | undefined;
    for (let done = 0; done < ms; done += 250) {
      await at(250);
      for (const edge of alive) await world.store.lease(edge);
      do last = await sweepOnce(ask);
      while (last.more);
    }
    return last!;
  };
  const events = async (event: string): Promise<SocketMessage[]> =>
    (await world.log()).filter((message) => message.event === event);
  // biome-ignore lint/suspicious/noExplicitAny: payloads of many shapes, read by expectations only
  const payloads = async (event: string): Promise<any[]> => (await events(event)).map(({ payload }) => payload);
  const kinds = async (): Promise<string[]> => (await world.outbox()).map(({ kind }) => kind);
  const users = async (...names: string[]) => (await world.store.users("main", names)).users;
  const room = (id: string) =>
    world.store.room({ tenant: "main", namespace: "/", room: id }, { after: "", limit: 100 });
  const members = async (id: string) => (await room(id)).members.map(({ user, devices }) => [user, devices]);

  return {
    get world() {
      return world;
    },
    lanes,
    at,
    begin,
    hello,
    send,
    apply,
    as,
    ref,
    open,
    joinRaw,
    join,
    enter,
    sweepOnce,
    pass,
    events,
    payloads,
    kinds,
    users,
    room,
    members,
  };
}
