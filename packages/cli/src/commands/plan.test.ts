import { describe, expect, test } from "vitest";
import { runCommand } from "../../test/run-command.ts";

const plan = async (...args: string[]) => {
  const { code, stdout, stderr } = await runCommand("plan", ...args);
  return { code, stdout, stderr };
};
const jsonOf = async (...args: string[]) =>
  JSON.parse((await plan(...args, "--json")).stdout) as {
    traffic: Record<string, number>;
    plan: { pools: number; edges: number; deliveriesPerSecond: number; firstWall?: { name: string } };
  };

describe("plan", () => {
  test("says what a second holds, what it takes, and what is narrow first", async () => {
    const { code, stdout } = await plan("--users", "50000");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a second: 833 messages, 100 events, 14 clients come and go; /);
    for (const part of ["edge", "presence", "notifier", "redis", "nats"]) expect(stdout).toContain(`\n${part} `);
    expect(stdout).toMatch(/narrow first: .+, at \d+ % of what is planned for it$/);
  });

  test("reads the traffic as it is given", async () => {
    const { traffic } = await jsonOf(
      ...["--users", "1e4", "--rooms", "2", "--room-size", "20", "--rate", "3/m", "--events", "5/s", "--churn", "6/h"],
    );
    expect(traffic).toEqual({ users: 10_000, rooms: 2, roomSize: 20, relays: 500, events: 5, connects: 10_000 / 600 });
  });

  test("more users never need less, and ten millions need pools", async () => {
    const plans = [];
    for (const users of ["1e4", "1e5", "1e6", "1e7"]) plans.push((await jsonOf("--users", users)).plan);
    const edges = plans.map(({ pools, edges }) => pools * edges);
    expect(edges).toEqual(edges.toSorted((a, b) => a - b));
    expect(plans[0]).toMatchObject({ pools: 1 });
    expect(plans[3]!.pools).toBeGreaterThan(1);
    expect(plans[3]!.firstWall).toBeDefined();
  });

  test.each([[["--users", "none"]], [["--users", "10", "--rate", "often"]], [[]]])(
    "%j is not understood",
    async (args) => {
      expect((await plan(...args)).code).toBe(2);
    },
  );

  test("says so when nothing would do", async () => {
    const { code, stderr } = await plan("--users", "2", "--rate", "900000/s");
    expect(code).toBe(1);
    expect(stderr).toContain("no number of pools");
  });
});
