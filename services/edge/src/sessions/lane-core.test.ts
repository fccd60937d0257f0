import type {
  LaneData,
  LaneOp,
  LaneReplyData,
  LaneRequest,
  LaneResult,
  SessionRef,
} from "@rollcall/contracts/internal";
import { seededRandom } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import {
  type Held,
  type Item,
  type LaneEffect,
  type LaneState,
  MAX_BATCH_BYTES,
  MAX_BATCH_OPS,
  MAX_WAITING,
  MAX_WAITING_REQUESTS,
  newLane,
  reduce,
} from "./lane-core.ts";
import type { OpBody } from "./ops.ts";

const ref = (user: string): SessionRef => ({ tenant: "main", namespace: "/", user, session: `session-of-${user}-1` });
const join = (user: string, room: string): OpBody => ({
  op: "join",
  ref: ref(user),
  room,
  rules: { retainMs: 0 },
  observe: false,
});
const patch = (user: string, id?: string): OpBody => ({
  op: "patch",
  ref: ref(user),
  room: "r",
  rules: { retainMs: 0 },
  ops: [],
  ...(id === undefined ? {} : { id }),
});
const open = (user: string): OpBody => ({ op: "open", ref: ref(user), issuedAtMs: 0, expiresAtMs: 1 });
const leave = (user: string, room: string): OpBody => ({ op: "leave", ref: ref(user), room, reason: "leave" });
const close = (user: string): OpBody => ({ op: "close", ref: ref(user), how: "lost" });

/** Everybody is known with incarnation 7, unless named otherwise. */
const heldWith = (known: Record<string, number | undefined> = {}): Held => ({
  incarnationOf: (key) => {
    const user = key.split("\n")[2]!;
    return user in known ? known[user] : 7;
  },
  digest: () => ({ count: 0, x1: 0, x2: 0 }),
  chunks: () => [[]],
  round: () => "round",
});

let ticket = 0;
const item = (body: OpBody, bytes = 100): Item => ({ ticket: ++ticket, body, bytes });
const greeted = () => {
  const state = newLane("e1");
  reduce(state, { type: "greeted" });
  return state;
};
const submit = (state: LaneState, ...bodies: OpBody[]) =>
  bodies.flatMap((body) => reduce(state, { type: "submit", item: item(body) }));
const sent = (effects: LaneEffect[]): LaneRequest | undefined =>
  effects.find((effect) => effect.do === "send")?.request;
const pump = (state: LaneState, held = heldWith(), nowMs = 0) => sent(reduce(state, { type: "pump", held, nowMs }));
const ok = (request: LaneRequest): LaneReplyData => ({
  status: "OK",
  epoch: "1",
  brake: false,
  results: request.ops.map(({ n, op }): LaneResult => ({ n, ok: true, data: { op } as LaneData })),
});
const unknownEdge: LaneReplyData = { status: "UNKNOWN_EDGE", epoch: "1", brake: false };
const freshEdge = () => "e2";
const reply = (state: LaneState, data: LaneReplyData) => reduce(state, { type: "reply", data, freshEdge });
const settled = (effects: LaneEffect[]) =>
  effects.flatMap((effect) => (effect.do === "settle" ? [{ op: effect.body.op, ok: effect.result.ok }] : []));

describe("lane", () => {
  it("[L1] sends nothing before it is greeted, and then one batch at a time, again unchanged until it is answered", () => {
    const state = newLane("e1");
    submit(state, join("ann", "a"));
    expect(pump(state)).toBeUndefined();
    reduce(state, { type: "greeted" });
    const first = pump(state);
    submit(state, join("ann", "b"));
    expect(pump(state)).toEqual(first);
    reply(state, ok(first!));
    expect(pump(state)!.ops.map((op) => op.op === "join" && op.room)).toEqual(["b"]);
  });

  it("[L1] says with each sending how old the sockets are by then", () => {
    const state = greeted();
    const session = { ref: ref("bob"), incarnation: 1, issuedAtMs: 0, expiresAtMs: 1, rooms: [] };
    const held = { ...heldWith(), chunks: () => [[{ ...session, connectedMs: 400 }, session]] };
    const opening = { ...open("ann"), connectedMs: 1_000.4 } as OpBody;
    submit(state, opening);
    expect(pump(state, held, 1_500)!.ops).toEqual([{ n: 1, ...open("ann"), ageMs: 500 }]);
    const again = pump(state, held, 9_000)!;
    expect(again.ops).toEqual([{ n: 1, ...open("ann"), ageMs: 8_000 }]);
    reply(state, ok(again));
    reduce(state, { type: "assert" });
    expect(pump(state, held, 10_400)!.ops).toMatchObject([
      { op: "assert", sessions: [{ ...session, ageMs: 10_000 }, session] },
    ]);
  });

  it("[L2] numbers are consecutive over batches and begin at 1 for each id", () => {
    const state = greeted();
    submit(state, join("ann", "a"), join("ann", "b"));
    const first = pump(state)!;
    reply(state, ok(first));
    submit(state, join("ann", "c"));
    const second = pump(state)!;
    expect([...first.ops, ...second.ops].map(({ n }) => n)).toEqual([1, 2, 3]);
    reply(state, unknownEdge);
    reduce(state, { type: "greeted" });
    expect(pump(state)).toMatchObject({ edge: "e2", ops: [{ n: 1, op: "assert" }] });
  });

  it("[L2] batches are bounded by count and by bytes", () => {
    const state = greeted();
    for (let i = 0; i < MAX_BATCH_OPS + 1; i++) submit(state, join("ann", `r${i}`));
    const first = pump(state)!;
    expect(first.ops).toHaveLength(MAX_BATCH_OPS);
    reply(state, ok(first));
    reply(state, ok(pump(state)!));
    for (let i = 0; i < 3; i++) reduce(state, { type: "submit", item: item(patch("ann"), MAX_BATCH_BYTES * 0.6) });
    expect(pump(state)!.ops).toHaveLength(1);
  });

  it("[L4] incarnations are filled in when a batch is made; what needs a session opened in it waits for the next", () => {
    const state = greeted();
    submit(state, join("ann", "a"), open("bob"), join("cem", "c"), join("bob", "b"), join("cem", "d"));
    const first = pump(state, heldWith({ bob: undefined }))!;
    expect(first.ops.map(({ op }) => op)).toEqual(["join", "open", "join"]);
    expect(first.ops[0]).toMatchObject({ incarnation: 7 });
    reply(state, ok(first));
    expect(pump(state, heldWith({ bob: 9 }))!.ops[0]).toMatchObject({ op: "join", incarnation: 9 });
  });

  it("[L4] nothing follows an assertion in its batch: it renumbers everything", () => {
    const state = greeted();
    submit(state, join("ann", "a"));
    reduce(state, { type: "assert" });
    expect(pump(state)!.ops.map(({ op }) => op)).toEqual(["assert"]);
  });

  it("[L3] an assertion or a digest goes before what waits", () => {
    const state = greeted();
    submit(state, join("ann", "a"));
    reduce(state, { type: "digest" });
    expect(pump(state)!.ops.map(({ op }) => op)).toEqual(["digest", "join"]);
  });

  it("without a session what ends something is done, and what needs it is refused", () => {
    const state = greeted();
    submit(state, close("ann"), join("ann", "a"), join("bob", "b"));
    const effects = reduce(state, { type: "pump", held: heldWith({ ann: undefined }), nowMs: 0 });
    expect(settled(effects)).toEqual([
      { op: "close", ok: true },
      { op: "join", ok: false },
    ]);
    expect(sent(effects)!.ops).toHaveLength(1);
  });

  it("[L7] told UNKNOWN_EDGE it asserts, then sends the unanswered again, except what could apply twice", () => {
    const state = greeted();
    submit(state, join("ann", "a"), patch("ann"), patch("ann", "id-1"));
    pump(state);
    submit(state, join("ann", "b"));
    const effects = reply(state, unknownEdge);
    expect(effects[0]).toEqual({ do: "hello", edge: "e2" });
    expect(settled(effects)).toEqual([{ op: "patch", ok: false }]);
    reduce(state, { type: "greeted" });
    reply(state, ok(pump(state)!));
    expect(pump(state)!.ops.map(({ op }) => op)).toEqual(["join", "patch", "join"]);
  });

  it("[L7] what was about to end is not asserted: it ends at once, and what came before it is void", () => {
    const state = greeted();
    submit(state, open("ann"), close("bob"));
    pump(state);
    submit(state, join("ann", "a"), leave("ann", "a"), join("ann", "b"), close("carol"), open("carol"));
    submit(state, leave("dan", "a"), join("dan", "a"), open("eve"), join("eve", "a"), close("eve"));
    const effects = reduce(state, { type: "unknown", edge: "e1", freshEdge });
    expect(settled(effects)).toEqual([
      { op: "close", ok: true },
      { op: "join", ok: false },
      { op: "leave", ok: true },
      { op: "close", ok: true },
      { op: "leave", ok: true },
      { op: "open", ok: false },
      { op: "join", ok: false },
      { op: "close", ok: true },
    ]);
    expect(state.queue.map(({ body }) => body)).toEqual([
      open("ann"),
      join("ann", "b"),
      open("carol"),
      join("dan", "a"),
    ]);
    expect(state.waitingRequests).toBe(2);
  });

  it("[L7] an answer about an earlier id changes nothing", () => {
    const state = greeted();
    reply(state, unknownEdge);
    expect(reduce(state, { type: "unknown", edge: "e1", freshEdge: () => "e3" })).toEqual([]);
    expect(state.edge).toBe("e2");
  });

  it("[L6] requests beyond the bound are refused at once", () => {
    const state = greeted();
    for (let i = 0; i < MAX_WAITING_REQUESTS; i++) expect(submit(state, join("ann", "a"))).toEqual([]);
    expect(settled(submit(state, join("ann", "a")))).toEqual([{ op: "join", ok: false }]);
    expect(submit(state, close("ann"))).toEqual([]);
  });

  it("[L6] when even the edge's own operations overflow, one assertion takes their place", () => {
    const state = greeted();
    let effects: LaneEffect[] = [];
    for (let i = 0; i <= MAX_WAITING; i++) effects = submit(state, close(`u${i}`));
    expect(effects.at(-1)).toEqual({ do: "overflow" });
    expect(settled(effects)).toHaveLength(MAX_WAITING + 1);
    expect(pump(state)!.ops.map(({ op }) => op)).toEqual(["assert"]);
  });

  it("[L7][P1] an open in flight whose close overflowed is not sent again behind the truth", () => {
    const state = greeted();
    submit(state, open("ann"));
    pump(state);
    for (let i = 0; i <= MAX_WAITING; i++) submit(state, close(`u${i}`));
    const effects = reduce(state, { type: "reply", data: unknownEdge, freshEdge: () => "edge-2" });
    expect(effects).toMatchObject([{ do: "hello" }, { do: "settle", body: { op: "open" }, result: { ok: false } }]);
    reduce(state, { type: "greeted" });
    expect(pump(state)!.ops.map(({ op }) => op)).toEqual(["assert"]);
  });
});

/** A presence that applies exactly the next number, forgets edges, and loses requests and answers. */
class Presence {
  readonly applied: string[] = [];
  last: { edge: string; n: number } | undefined;

  hello(edge: string): void {
    this.last = { edge, n: 0 };
  }
  lane({ edge, ops }: LaneRequest): LaneReplyData {
    if (this.last?.edge !== edge) return unknownEdge;
    const result = (op: LaneOp): LaneResult => {
      if (op.n === this.last!.n + 1) {
        this.last!.n = op.n;
        this.applied.push(op.op === "patch" ? (op.id ?? `raw-${op.ref.user}`) : op.op);
      }
      return { n: op.n, ok: true, data: { op: op.op } as LaneData };
    };
    return { status: "OK", epoch: "1", brake: false, results: ops.map(result) };
  }
}

describe("lane over a lossy way to a forgetful presence", () => {
  it("[P11] [L5] applies each operation once, in order, and settles each ticket once", () => {
    for (let seed = 0; seed < 200; seed++) run(seed);
  });

  function run(seed: number): void {
    const random = seededRandom(`lane-${seed}`);
    const presence = new Presence();
    const state = newLane("e0");
    const open = new Map<number, string>();
    const settlements = new Map<number, boolean>();
    let lives = 0;
    let submitted = 0;
    const perform = (effects: LaneEffect[]) => {
      for (const effect of effects) {
        if (effect.do === "settle" && effect.ticket > 0) {
          if (settlements.has(effect.ticket)) throw new Error(`seed ${seed}: settled twice`);
          settlements.set(effect.ticket, effect.result.ok);
        }
        if (effect.do === "hello") greet(effect.edge);
        if (effect.do === "send") exchange(effect.request);
      }
    };
    const greet = (edge: string) => {
      presence.hello(edge);
      perform(reduce(state, { type: "greeted" }));
    };
    let lossy = true;
    const exchange = (request: LaneRequest) => {
      if (lossy && random.float() < 0.2) return; // the request is lost
      if (lossy && random.float() < 0.05) presence.last = undefined; // presence forgets the edge
      const data = presence.lane(request);
      if (lossy && random.float() < 0.2) return; // the answer is lost
      perform(reduce(state, { type: "reply", data, freshEdge: () => `e${++lives}` }));
    };
    greet("e0");
    for (let step = 0; step < 200; step++) {
      if (random.float() < 0.5) {
        const id = `id-${++submitted}`;
        const body = random.float() < 0.5 ? patch("ann", id) : patch(id);
        const one = item(body);
        open.set(one.ticket, id);
        perform(reduce(state, { type: "submit", item: one }));
      } else {
        perform(reduce(state, { type: "pump", held: heldWith(), nowMs: 0 }));
      }
    }
    lossy = false;
    for (let i = 0; i < 100 && settlements.size < open.size; i++)
      perform(reduce(state, { type: "pump", held: heldWith(), nowMs: 0 }));

    expect(settlements.size).toBe(open.size);
    const numbers = presence.applied.filter((name) => name !== "assert").map((name) => Number(name.split("-").at(-1)));
    const appliedNumbers = new Set(numbers);
    // What has no id never applies twice, also over a change of the id of the edge; what was answered did apply.
    const raw = presence.applied.filter((name) => name.startsWith("raw-"));
    expect(new Set(raw).size).toBe(raw.length);
    for (const [t, id] of open)
      if (settlements.get(t) && !appliedNumbers.has(Number(id.split("-")[1]))) throw new Error(`seed ${seed}: lost`);
    // First applications are in the order of submission.
    const firsts = [...new Set(numbers)];
    expect(firsts, `seed ${seed}`).toEqual(firsts.toSorted((a, b) => a - b));
  }
});
