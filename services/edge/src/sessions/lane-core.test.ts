import type { LaneData, LaneOp, LaneReplyData, LaneRequest, LaneResult } from "@rollcall/contracts/internal";
import { seededRandom } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import {
  close,
  freshEdge,
  greeted,
  heldWith,
  item,
  join,
  leave,
  ok,
  open,
  patch,
  pump,
  ref,
  reply,
  sent,
  settled,
  submit,
  unknownEdge,
} from "../../test/lane-scene.ts";
import { type LaneEffect, type LaneState, newLane, reduce } from "./lane-core.ts";
import type { OpBody } from "./ops.ts";

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
    expect(effects[0]).toEqual({ do: "hello", edge: "e2", why: "unknown" });
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

  it("[L3] a digest is sent once for each time it is asked for; an assertion stands for it", () => {
    const state = greeted();
    const next = () => {
      const request = pump(state);
      if (request !== undefined) reply(state, ok(request));
      return request?.ops.map(({ op }) => op);
    };
    reduce(state, { type: "digest" });
    expect([next(), next()]).toEqual([["digest"], undefined]);
    reduce(state, { type: "digest" });
    reduce(state, { type: "assert" });
    expect([next(), next()]).toEqual([["assert"], undefined]);
    reduce(state, { type: "digest" });
    reply(state, unknownEdge);
    reduce(state, { type: "greeted" });
    expect([next(), next()]).toEqual([["assert"], undefined]);
  });

  describe("[L8] an unequal digest", () => {
    const compared = (state: LaneState, equal: boolean) => reduce(state, { type: "compared", equal, freshEdge });
    const assertTaken = (state: LaneState) => {
      reply(state, ok(pump(state)!));
      reduce(state, { type: "asserted" });
    };

    it("is followed by an assertion, and after that by another id, which asserts and is compared anew", () => {
      const state = greeted();
      expect(compared(state, false)).toEqual([]);
      expect(pump(state)!.ops.map(({ op }) => op)).toEqual(["assert"]);
      assertTaken(state);
      expect(compared(state, false)).toEqual([{ do: "hello", edge: "e2", why: "unequal" }]);
      reduce(state, { type: "greeted" });
      expect(pump(state)).toMatchObject({ edge: "e2", ops: [{ n: 1, op: "assert" }] });
      assertTaken(state);
      expect(compared(state, false)).toEqual([]);
    });

    it("keeps the id when one between them was equal, and while no assertion has been taken", () => {
      const state = greeted();
      for (const equal of [false, true, false]) {
        expect(compared(state, equal)).toEqual([]);
        if (!equal) assertTaken(state);
      }
      const refusing = greeted();
      for (let i = 0; i < 3; i++) {
        expect(compared(refusing, false)).toEqual([]);
        reply(refusing, ok(pump(refusing)!)); // whatever it says, the last part was not taken
      }
      expect(refusing.edge).toBe("e1");
    });
  });

  it("[L5] an operation has the result that carries its number; one that has none failed", () => {
    const state = greeted();
    submit(state, join("ann", "a"), join("ann", "b"), join("ann", "c"));
    const request = pump(state)!;
    const [first, , third] = ok(request).results;
    const refused: LaneResult = { ...third!, ok: false, error: { code: "ROOM_FULL", message: "", retryable: false } };
    const effects = reply(state, { ...ok(request), results: [refused, first!] });
    expect(effects).toMatchObject([
      { result: { n: 1, ok: true } },
      { result: { n: 2, ok: false, error: { code: "INTERNAL" } } },
      { result: { n: 3, ok: false, error: { code: "ROOM_FULL" } } },
    ]);
    expect(reply(state, ok(request))).toEqual([]);
  });

  it("[L7] an assertion that was not answered is not sent again: the new id asserts anew, when it is greeted", () => {
    const state = greeted();
    reduce(state, { type: "assert" });
    pump(state);
    reply(state, unknownEdge);
    expect(pump(state)).toBeUndefined();
    reduce(state, { type: "greeted" });
    const request = pump(state)!;
    expect(request).toMatchObject({ edge: "e2", ops: [{ n: 1, op: "assert" }] });
    expect(request.ops).toHaveLength(1);
    reply(state, ok(request));
    expect(pump(state)).toBeUndefined();
  });

  it("a session that presence has no number for yet is as good as none", () => {
    const state = greeted();
    submit(state, join("ann", "a"), close("bob"));
    const effects = reduce(state, { type: "pump", held: heldWith({ ann: 0, bob: 0 }), nowMs: 0 });
    expect(settled(effects)).toEqual([
      { op: "join", ok: false },
      { op: "close", ok: true },
    ]);
    expect(sent(effects)).toBeUndefined();
  });

  it("[L7] an answer about an earlier id changes nothing", () => {
    const state = greeted();
    reply(state, unknownEdge);
    expect(reduce(state, { type: "unknown", edge: "e1", freshEdge: () => "e3" })).toEqual([]);
    expect(state.edge).toBe("e2");
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
