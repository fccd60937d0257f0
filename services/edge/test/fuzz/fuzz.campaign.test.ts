import { readFileSync } from "node:fs";
import { systemRandom } from "@rollcall/runtime";
import { startCluster, waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CONTRACT } from "../harness.ts";
import { FAULTLESS, judgeOf } from "./judge.ts";
import { fuzz, KINDS, PATIENT_EDGE } from "./run.ts";

/** Slices with a seed of their own, which a failure names. */
const SLICES = 10;
const CASES = 100_000;

it("[X1] 1,000,000 hostile cases stop no process, leave nothing behind, and the edge says and accepts nothing undeclared or invalid", async () => {
  await using cluster = await startCluster({
    edges: 1,
    notifiers: 0,
    contractsDir: CONTRACT,
    traces: false,
    scaled: false,
    envOf: { edge: PATIENT_EDGE },
  });
  const edge = cluster.edges[0]!;
  const rssMb = () =>
    Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${edge.pid}/status`, "utf8"))![1]) / 1_024);
  const judge = await judgeOf(CONTRACT);
  let sent = 0;
  for (let slice = 0; slice < SLICES; slice++) {
    const seed = systemRandom.id(8);
    const token = await cluster.keys.token({ user: "eve" });
    const port = Number(new URL(edge.url).port);
    const report = await fuzz({ port, token, seed, cases: CASES, width: 8, judge });
    sent += report.sent;
    expect(edge.running(), `seed ${seed}`).toBe(true);
    const errors = edge.logs().filter(({ level }) => level === "error" || level === "fatal");
    expect(errors, `seed ${seed}`).toEqual([]);
    expect(judge.verdict, `seed ${seed}`).toMatchObject(FAULTLESS);
    expect(KINDS.filter((kind) => !report.covered.has(kind))).toEqual([]);
    const { events, accepted } = judge.verdict;
    console.log(JSON.stringify({ seed, sent, connections: report.connections, events, accepted, rssMb: rssMb() }));
  }
  const left = /^rollcall_edge_(?:sockets|held\{[^}]*\}) [1-9]/m;
  await waitFor(async () => !left.test(await edge.metrics()), { timeoutMs: 60_000, what: "everything to be let go" });
});
