import { describe, expect, it } from "vitest";
import { Agenda } from "./agenda.ts";

describe("agenda", () => {
  it("gives each item once, in the slot it is due, in order of time", () => {
    const agenda = new Agenda<string>(0);
    agenda.set("late", 5_000);
    agenda.set("early", 1_500);
    expect(agenda.due(1_499)).toEqual([]);
    expect(agenda.due(1_500)).toEqual(["early"]);
    expect(agenda.due(86_400_000)).toEqual(["late"]);
    expect(agenda.size).toBe(0);
  });

  it("keeps the newest time of an item, and forgets what is deleted", () => {
    const agenda = new Agenda<string>(0);
    agenda.set("a", 1_000);
    agenda.set("a", 3_000);
    agenda.set("b", 1_000);
    agenda.delete("b");
    expect(agenda.due(2_000)).toEqual([]);
    expect(agenda.due(3_000)).toEqual(["a"]);
  });

  it("several items of one slot are all due in it, and each of them can be taken out", () => {
    const agenda = new Agenda<string>(0);
    for (const item of ["a", "b", "c"]) agenda.set(item, 1_000);
    agenda.delete("b");
    agenda.delete("never there");
    expect(agenda.size).toBe(2);
    expect(agenda.due(1_000)).toEqual(["a", "c"]);
    expect(agenda.size).toBe(0);
  });

  it("gives what is due in the order of its slots, whether few slots passed or many", () => {
    for (const nowMs of [2_000, 1_000_000]) {
      const agenda = new Agenda<number>(0);
      for (const slot of [8, 2, 5, 3, 7, 1, 6, 4]) agenda.set(slot, slot * 250);
      agenda.set(99, 2_000_000);
      expect(agenda.due(nowMs)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(agenda.size).toBe(1);
    }
  });

  it("what is set for a slot that was looked at is due at the next one, not before", () => {
    const agenda = new Agenda<string>(0);
    expect(agenda.due(500)).toEqual([]);
    agenda.set("a", 100);
    expect(agenda.due(749)).toEqual([]);
    expect(agenda.due(750)).toEqual(["a"]);
    const begun = new Agenda<string>(1_000);
    begun.set("b", 0);
    expect(begun.due(1_000)).toEqual(["b"]);
  });

  it("what is overdue when it is set is due at the next look, also after the clock went back", () => {
    const agenda = new Agenda<string>(10_000);
    expect(agenda.due(20_000)).toEqual([]);
    expect(agenda.due(12_000)).toEqual([]);
    agenda.set("a", 5_000);
    expect(agenda.due(21_000)).toEqual(["a"]);
  });
});
