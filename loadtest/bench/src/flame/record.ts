/** Where the CPU of an edge goes while it delivers: a flame graph of B1 and one of B2. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY, waitFor } from "@rollcall/testkit";
import { emitterOf } from "../benches/emit.ts";
import { BURSTS, ROOM, usPerDelivery } from "../benches/fan-out.ts";
import { Fleet } from "../fleet/fleet.ts";
import { monotonicMs } from "../fleet/monotonic.ts";
import { NODE_FLAGS } from "../servers/baseline-process.ts";
import { startWorld } from "../servers/world.ts";
import { type CpuProfile, flameSvg, fold } from "./flame.ts";

const SOCKETS = 2_000;
const FOLDER = join(REPOSITORY, "docs/fan-out");
const EVERY_US = 200;

/** Resolves with the files it wrote. */
export async function recordFlames(say: (text: string) => void): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-flame-"));
  try {
    const flags = [...NODE_FLAGS, "--cpu-prof", `--cpu-prof-interval=${EVERY_US}`, `--cpu-prof-dir=${folder}`];
    const { pid, windows } = await deliver(flags.join(" "), say);
    const isOfEdge = (name: string) => name.split(".")[3] === String(pid);
    const name = await waitFor(() => readdirSync(folder).find(isOfEdge), { timeoutMs: 60_000, what: "the profile" });
    const profile = JSON.parse(readFileSync(join(folder, name), "utf8")) as CpuProfile;
    mkdirSync(FOLDER, { recursive: true });
    return windows.map(({ id, title, ...window }) => {
      const file = join(FOLDER, `${id}.svg`);
      writeFileSync(file, flameSvg(title, fold(profile, window)));
      return file;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function deliver(nodeOptions: string, say: (text: string) => void) {
  await using stack = new AsyncDisposableStack();
  const world = await startWorld("rollcall", stack, { env: { NODE_OPTIONS: nodeOptions } });
  const fleet = stack.use(await Fleet.start());
  await fleet.connect(world.target(), await world.plans(SOCKETS, () => [ROOM]));
  say(`${SOCKETS} connected`);
  const emit = emitterOf(world, ROOM);
  const windows = [];
  for (const [id, bursts] of Object.entries(BURSTS)) {
    await usPerDelivery(world, fleet, emit, SOCKETS, { ...bursts, count: 4 }); // warm
    const fromUs = monotonicMs() * 1_000;
    const us = await usPerDelivery(world, fleet, emit, SOCKETS, bursts);
    const toUs = monotonicMs() * 1_000;
    const title = `${id}: an edge, ${SOCKETS.toLocaleString("en-US")} sockets, ${bursts.size} message(s) at once, ${us.toFixed(1)} us a delivery while profiled`;
    windows.push({ id, title, fromUs, toUs });
    say(title);
  }
  await fleet.drop();
  const edge = world.cluster!.edges[0]!;
  await edge.kill("SIGTERM"); // a process that is killed leaves no profile
  await edge.exited;
  return { pid: edge.pid, windows };
}
