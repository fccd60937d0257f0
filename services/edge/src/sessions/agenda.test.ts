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

  it("what is overdue when it is set is due at the next look, also after the clock went back", () => {
    const agenda = new Agenda<string>(10_000);
    expect(agenda.due(20_000)).toEqual([]);
    expect(agenda.due(12_000)).toEqual([]);
    agenda.set("a", 5_000);
    expect(agenda.due(21_000)).toEqual(["a"]);
  });
});
