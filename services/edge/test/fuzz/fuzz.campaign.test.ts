import { seededRandom, systemRandom } from "@rollcall/runtime";
import { startCluster } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CONTRACT } from "../harness.ts";
import { FAULTLESS, judgeOf } from "./judge.ts";
import { fuzz } from "./run.ts";

/** Slices with a seed of their own, which a failure names. */
const SLICES = 10;
const CASES = 10_000;

it("[X1] 100,000 hostile cases stop no process, and the edge says and accepts nothing undeclared or invalid", async () => {
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
  const judge = await judgeOf(CONTRACT);
  let sent = 0;
  for (let slice = 0; slice < SLICES; slice++) {
    const seed = systemRandom.id(8);
    const token = await cluster.keys.token({ user: "eve" });
    const random = seededRandom(seed);
    sent += (await fuzz({ port: Number(new URL(edge.url).port), token, random, cases: CASES, width: 8, judge })).sent;
    expect(edge.running(), `seed ${seed}`).toBe(true);
    expect(
      edge.logs().filter(({ level }) => level === "error" || level === "fatal"),
      `seed ${seed}`,
    ).toEqual([]);
    expect(judge.verdict, `seed ${seed}`).toMatchObject(FAULTLESS);
    console.log(JSON.stringify({ seed, sent, events: judge.verdict.events, accepted: judge.verdict.accepted }));
  }
});
