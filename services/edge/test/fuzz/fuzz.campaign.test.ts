/** A million cases in ten slices; `-t "slice 3"` runs one alone. Seeds are fixed: a slice can be looked at again. */

import { readFileSync } from "node:fs";
import { type Cluster, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CONTRACT } from "../harness.ts";
import { startLoneEdge } from "../lone-edge.ts";
import { FAULTLESS, judgeOf } from "./judge.ts";
import { fuzz, KINDS, PATIENT_EDGE } from "./run.ts";

const SLICES = Array.from({ length: 10 }, (_, i) => i + 1);
const CASES = 100_000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startLoneEdge(PATIENT_EDGE);
});
afterAll(() => cluster?.stop());

const rssMb = (pid: number) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1_024);

it.each(SLICES)(
  "[X1] slice %i: 100,000 hostile cases stop no process, leave nothing behind, and the edge says and accepts nothing undeclared or invalid",
  async (slice) => {
    const edge = cluster.edges[0]!;
    const seed = `edge-fuzz-campaign-${slice}`;
    const judge = await judgeOf(CONTRACT);
    const report = await fuzz({
      port: Number(new URL(edge.url).port),
      token: await cluster.keys.token({ user: "eve" }),
      seed,
      cases: CASES,
      width: 8,
      judge,
    });
    const { events, accepted } = judge.verdict;
    const { sent, connections } = report;
    console.log(JSON.stringify({ seed, sent, connections, events, accepted, rssMb: rssMb(edge.pid) }));
    expect(edge.running()).toBe(true);
    expect(edge.logs().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
    expect(judge.verdict).toMatchObject(FAULTLESS);
    expect(KINDS.filter((kind) => !report.covered.has(kind))).toEqual([]);
    const left = /^rollcall_edge_(?:sockets|held\{[^}]*\}) [1-9]/m;
    await waitFor(async () => !left.test(await edge.metrics()), { timeoutMs: 60_000, what: "everything to be let go" });
  },
);
