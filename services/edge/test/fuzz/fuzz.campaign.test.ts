import { seededRandom, systemRandom } from "@rollcall/runtime";
import { startCluster } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CONTRACT } from "../harness.ts";
import { fuzz } from "./run.ts";

/** 1e6 cases in slices, each with a seed of its own that a failure names. */
const SLICES = 50;
const CASES = 20_000;

it("[X1] a million hostile cases stop no process and are no bug of ours", async () => {
  const edgeEnv = {
    VIOLATIONS_BURST: "1000000",
    FRAMES_PER_SECOND: "100000",
    MAX_CONNECTIONS_PER_USER: "1000",
    LOG_LEVEL: "error",
  };
  await using cluster = await startCluster({
    edges: 1,
    notifiers: 0,
    contractsDir: CONTRACT,
    traces: false,
    scaled: false,
    envOf: { edge: edgeEnv },
  });
  const edge = cluster.edges[0]!;
  for (let slice = 0; slice < SLICES; slice++) {
    const seed = systemRandom.id(8);
    const token = await cluster.keys.token({ user: "eve" });
    const random = seededRandom(seed);
    await fuzz({ port: Number(new URL(edge.url).port), token, random, cases: CASES, width: 8 });
    expect(edge.running(), `seed ${seed}`).toBe(true);
    expect(
      edge.logs().filter(({ level }) => level === "error" || level === "fatal"),
      `seed ${seed}`,
    ).toEqual([]);
  }
});
