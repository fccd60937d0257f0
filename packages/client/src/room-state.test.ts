import { describe, expect, it } from "vitest";
import { joined, outcome, world } from "../test/world.ts";

describe("optimistic state", () => {
  it("[O1] a write is seen at once, and is pending until the server says so", async () => {
    const w = world();
    const { room } = await joined(w);
    const set = outcome(room.state.set("title", "a"));
    expect(room.state.get("title")).toBe("a");
    expect(room.state.entry("title")).toMatchObject({ value: "a", by: "ann", pending: true });
    await w.clock.advance(20);
    expect(set.value).toEqual({ epoch: "c0.1", version: 1 });
    expect(room.state.entry("title")).toEqual({ key: "title", value: "a", version: 1, by: "ann" });
  });

  it("[O2] a write never flickers, whether its answer or its diff comes first", async () => {
    for (const late of ["room:state", "nothing"]) {
      const w = world();
      const { room } = await joined(w);
      const seen: unknown[] = [];
      room.state.subscribe(() => seen.push(room.state.get("title")));
      w.net.passes = (name) => name !== late;
      void room.state.set("title", "a");
      await w.clock.advance(50);
      w.net.passes = () => true;
      w.edge.send("doc:1", w.edge.room("doc:1").apply({ kind: "set", key: "other", value: 1 }));
      await w.clock.until(() => room.state.get("other") === 1, "the next diff");
      expect(new Set(seen)).toEqual(new Set(["a"]));
      expect(room.state.entry("title")).not.toHaveProperty("pending");
    }
  });

  it("[O3] [S1] a CONFLICT takes back what was shown, and tells the version", async () => {
    const w = world();
    const { room } = await joined(w);
    const model = w.edge.room("doc:1");
    w.edge.send("doc:1", model.apply({ kind: "set", key: "note", value: "first" }));
    await w.clock.advance(10);
    w.edge.send("doc:1", model.apply({ kind: "set", key: "note", value: "theirs" }));
    const mine = outcome(room.state.set("note", "mine", { if: { version: room.state.entry("note")!.version } }));
    expect(room.state.get("note")).toBe("mine");
    await w.clock.advance(20);
    expect(mine.error).toMatchObject({ code: "CONFLICT", details: { op: 0, version: 2 } });
    expect(room.state.get("note")).toBe("theirs");
  });

  it("[O1] later writes lie on earlier ones, and survive their fall", async () => {
    const w = world();
    const { room } = await joined(w);
    w.edge.refuse("state:patch", "FORBIDDEN");
    const first = outcome(room.state.increment("n", 5));
    const second = outcome(room.state.increment("n", 2));
    const third = outcome(room.state.delete("other"));
    expect(room.state.get("n")).toBe(7);
    await w.clock.advance(20);
    expect(first.error).toMatchObject({ code: "FORBIDDEN" });
    expect([second.settled, third.settled]).toEqual([true, true]);
    expect(room.state.get("n")).toBe(2);
    expect(w.edge.room("doc:1").states.at(-1)!.get("n")!.value).toBe(2);
  });

  it("[O4] no more than 64 writes wait; a room that is left forgets them", async () => {
    const w = world();
    const { room } = await joined(w);
    w.edge.mute.add("state:patch");
    for (let i = 0; i < 64; i++) outcome(room.state.set(`k${i}`, i));
    await expect(room.state.set("one more", 1)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(room.state.entries.get().size).toBe(64);
    await Promise.all([room.leave(), w.clock.advance(20)]);
    expect(room.state.entries.get().size).toBe(0);
  });

  it("the entries keep their identity while nothing changes", async () => {
    const w = world();
    const { room } = await joined(w);
    await Promise.all([room.state.set("a", 1), w.clock.advance(20)]);
    const before = room.state.entries.get();
    await joined(w, "bob");
    await w.clock.advance(20);
    expect(room.state.entries.get()).toBe(before);
  });
});
