/** What a lane holds and sends at most, and that nothing is counted that does not wait. */

import { describe, expect, it } from "vitest";
import {
  close,
  greeted,
  heldWith,
  item,
  join,
  ok,
  open,
  patch,
  pump,
  reply,
  settled,
  submit,
  unknownEdge,
} from "../../test/lane-scene.ts";
import {
  type LaneEffect,
  type LaneState,
  MAX_BATCH_BYTES,
  MAX_BATCH_OPS,
  MAX_WAITING,
  MAX_WAITING_REQUESTS,
  reduce,
} from "./lane-core.ts";

describe("a batch", () => {
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

  it("[L2] may hold exactly its bytes, and one operation that is larger alone", () => {
    const state = greeted();
    const bytes = [MAX_BATCH_BYTES / 2, MAX_BATCH_BYTES / 2, MAX_BATCH_BYTES + 1, 1];
    for (const one of bytes) reduce(state, { type: "submit", item: item(patch("ann"), one) });
    const counts = [1, 2, 3].map(() => {
      const request = pump(state)!;
      reply(state, ok(request));
      return request.ops.length;
    });
    expect(counts).toEqual([2, 1, 1]);
  });

  it("[L2] holds four chunks of an assertion, of which the very last says so", () => {
    const state = greeted();
    reduce(state, { type: "assert" });
    const held = { ...heldWith(), chunks: () => Array.from({ length: 5 }, () => []) };
    const lasts = [1, 2].map(() => {
      const request = pump(state, held)!;
      reply(state, ok(request));
      return request.ops.map((op) => op.op === "assert" && op.last);
    });
    expect(lasts).toEqual([[false, false, false, false], [true]]);
  });
});

describe("what waits", () => {
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

  it("[L6] what was sent, refused or dropped waits no more", () => {
    const fill = (state: LaneState, free: number) => {
      for (let i = 0; i < free; i++) expect(submit(state, join("ann", "a"))).toEqual([]);
      expect(settled(submit(state, join("ann", "a")))).toEqual([{ op: "join", ok: false }]);
    };
    const state = greeted();
    fill(state, MAX_WAITING_REQUESTS);
    reply(state, ok(pump(state)!));
    fill(state, MAX_BATCH_OPS);
    pump(state, heldWith({ ann: undefined })); // all of them are refused, none is sent
    fill(state, MAX_WAITING_REQUESTS);
    for (let i = 0; i <= MAX_WAITING - MAX_WAITING_REQUESTS; i++) submit(state, close(`u${i}`));
    fill(state, MAX_WAITING_REQUESTS);
  });

  it("[L6] an edge told UNKNOWN_EDGE counts again what it will send again", () => {
    const state = greeted();
    for (let i = 0; i < MAX_WAITING_REQUESTS; i++) submit(state, join("ann", "a"));
    pump(state);
    reply(state, unknownEdge);
    expect(settled(submit(state, join("ann", "a")))).toEqual([{ op: "join", ok: false }]);
  });

  it("[L7] an open after the truth was asserted is sent again like any other", () => {
    const state = greeted();
    for (let i = 0; i <= MAX_WAITING; i++) submit(state, close(`u${i}`));
    reply(state, ok(pump(state)!));
    submit(state, open("ann"));
    pump(state);
    expect(settled(reply(state, unknownEdge))).toEqual([]);
  });
});
