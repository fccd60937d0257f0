import { loadContracts } from "@rollcall/contracts";
import { describe, expect, it } from "vitest";
import { checkoutRoot } from "../home.ts";
import { githubFamilies } from "./github.ts";
import { planListeners, planPublications } from "./plan.ts";

const loaded = await loadContracts([`${checkoutRoot()}/examples/github/contracts`]);
if (!loaded.ok) throw new Error("the example's contract has mistakes");
const { contracts } = loaded;
const families = githubFamilies();
const all = planPublications(contracts, families, { run: "r" });

describe("what the demo publishes", () => {
  it("is every payload, and once more for each further type of its subject", () => {
    const payloads = families.flatMap(({ examples }) => examples);
    expect(new Set(all.map(({ data }) => data)).size).toBe(payloads.length);
    const assigned = all.filter(({ subject }) => subject === "events.github.issues.assigned");
    expect(new Set(assigned.map(({ type }) => type))).toEqual(
      new Set(["com.github.issues.assigned", "com.github.issues.assigned.user"]),
    );
  });

  it("has ids of its own for each", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map(({ mid }) => mid)).size).toBe(all.length);
  });

  it("is expected to arrive only where it is declared", () => {
    const undeclared = all.filter(({ expected }) => !expected.arrives).map(({ subject }) => subject);
    expect(undeclared).toContain("events.github.organization.renamed");
    expect(undeclared).not.toContain("events.github.push");
  });

  it("with a count is spread over all, or begins again", () => {
    const few = planPublications(contracts, families, { run: "r", count: 20 });
    expect(few).toHaveLength(20);
    expect(new Set(few.map(({ subject }) => subject.split(".")[2])).size).toBeGreaterThan(10);
    const many = planPublications(contracts, families, { run: "r", count: all.length + 1 });
    expect(many.at(-1)?.data).toBe(all[0]?.data);
  });
});

describe("who listens", () => {
  it("hears every room and every user, no client beyond the rooms of a session", () => {
    const listeners = planListeners(all, 2);
    expect(Math.max(...listeners.map(({ rooms }) => rooms.length))).toBe(2);
    const rooms = new Set(listeners.flatMap((listener) => listener.rooms));
    const users = new Set(listeners.map(({ user }) => user));
    for (const { expected } of all) {
      if (!expected.arrives) continue;
      if ("room" in expected) expect(rooms).toContain(expected.room);
      else for (const user of expected.users) expect(users).toContain(user);
    }
  });

  it("is nobody when nothing is declared", () => {
    expect(planListeners([], 100)).toEqual([]);
  });
});
