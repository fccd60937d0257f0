import { expect, test } from "vitest";
import { type CpuProfile, flameSvg, fold } from "./flame.ts";

const frame = (functionName: string, url = "", lineNumber = 4) => ({ functionName, url, lineNumber });
const profile: CpuProfile = {
  startTime: 1_000,
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 5, 6] },
    { id: 2, callFrame: frame("flush", "file:///home/me/rollcall/packages/fanout/src/lanes.ts"), children: [3, 4] },
    { id: 3, callFrame: frame("write", "file:///x/node_modules/.pnpm/ws@8/node_modules/ws/lib/sender.js") },
    { id: 4, callFrame: frame("", "node:net") },
    { id: 5, callFrame: frame("(idle)") },
    { id: 6, callFrame: frame("(garbage collector)") },
  ],
  samples: [3, 3, 4, 5, 6, 3],
  timeDeltas: [10, 20, 30, 1_000, 40, 5_000],
};

test("what was busy between two moments, by stack", () => {
  const root = fold(profile, { fromUs: 1_020, toUs: 2_200 });
  expect(root.us).toBe(20 + 30 + 40);
  const [flush, collector] = [...root.children.values()];
  expect(flush).toMatchObject({ name: "flush packages/fanout/src/lanes.ts:5", kind: "ours", us: 50 });
  expect(collector).toMatchObject({ kind: "collector", us: 40 });
  expect([...flush!.children.values()].map(({ name, kind, us }) => [name, kind, us])).toEqual([
    ["write ws/lib/sender.js:5", "library", 20],
    ["(anonymous) node:net:5", "runtime", 30],
  ]);
});

test("drawn: callers below, nothing of the machine, nothing that is markup", () => {
  const svg = flameSvg("an <edge> & its work", fold(profile, { fromUs: 0, toUs: 10_000 }));
  expect(svg).toContain('aria-label="an &lt;edge&gt; &amp; its work"');
  expect(svg).not.toContain("/home/me");
  const rowOf = (name: string) => Number(new RegExp(`translate\\(0 (\\d+)\\)"><title>${name}`).exec(svg)?.[1]);
  expect(rowOf("all")).toBeGreaterThan(rowOf("flush"));
  expect(rowOf("flush")).toBeGreaterThan(rowOf("write"));
});
