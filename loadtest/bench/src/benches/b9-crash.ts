/** B9: what others see of an edge that dies or hangs, and of clients that come back. */

import { systemClock } from "@rollcall/runtime";
import { Fleet } from "../fleet/fleet.ts";
import { connectClient } from "../fleet/load-client.ts";
import type { Bench, BenchContext, Contender, Record } from "../harness/bench.ts";
import { startWorld, type World } from "../servers/world.ts";
import { departuresIn, remaining } from "./departures.ts";

const MEMBERS = 500;
const ROOM = "bench:crash";
/** When nothing more is expected of anyone. */
const GIVE_UP_MS = 120_000;
/** What is sent twice or falsely comes within this time after the last. */
const AFTERMATH_MS = 3_000;
/** Within the bound of a crash every false departure would have been sent. */
const BOUND_MS = 17_000;
const POLL_MS = 250;
/** A stock client's first retry. */
const RETRY_MS: [from: number, to: number] = [500, 1_500];

export const crash: Bench = {
  id: "B9",
  title: "An edge dies, or hangs, with 500 members of a room",
  method:
    `Two edges (nodes, servers), ${MEMBERS} members of one room on the first, an onlooker on the second. The first is killed (SIGKILL), or stopped (SIGSTOP), or killed with every client coming back to the second after 0.5 to 1.5 s. ` +
    "A departure is told when an event that names the user reaches the onlooker. Where none is sent, the time is that at which presence, asked every 250 ms, has forgotten the last one.",
  contenders: ["rollcall", "stock", "centrifuge"],
  measures: ["killed", "hung"]
    .flatMap((fault) => [
      { name: `${fault}: last departure`, unit: "s", goal: { atMost: 17 } },
      { name: `${fault}: departures told`, unit: `of ${MEMBERS}`, goal: { atLeast: MEMBERS } },
      { name: `${fault}: told twice or of nobody`, unit: "events", goal: { atMost: 0 } },
    ])
    .concat([
      { name: "all return: departures told", unit: "events", goal: { atMost: 0 } },
      { name: "all return: last one back", unit: "s", goal: { atMost: 10 } },
    ]),
  rounds: 3,
  order: "together",
  async start(contender, context, outer) {
    if (contender === "centrifuge") await startWorld(contender, outer);
    return async (record) => {
      for (const fault of ["killed", "hung"] as const) await leaveForGood(contender, fault, context, record);
      await comeBack(contender, context, record);
    };
  },
};

interface Scene extends AsyncDisposable {
  world: World;
  fleet: Fleet;
  users: string[];
  /** Users whose departure was told, in order. */
  told: string[];
  lastAtMs(): number;
  strike(signal: "SIGKILL" | "SIGSTOP"): Promise<number>;
}

async function setScene(contender: Contender, { smoke }: BenchContext): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const world = await startWorld(contender, stack, { nodes: 2, scaled: smoke });
  const fleet = stack.use(await Fleet.start());
  const plans = await world.plans(smoke ? 20 : MEMBERS, () => [ROOM]);
  await fleet.connect(world.target(0), plans);
  const told: string[] = [];
  let lastAtMs = 0;
  const [plan] = await world.plans(1, () => [], MEMBERS);
  const onlooker = await connectClient({
    ...world.target(1),
    token: plan!.token,
    event(data) {
      const users = departuresIn(contender, data);
      if (users.length > 0) lastAtMs = systemClock.monotonic();
      told.push(...users);
    },
  });
  stack.defer(() => onlooker.drop());
  // Of Rollcall it is in no roster; elsewhere it is a member more.
  await onlooker.ask(...joining(contender));
  const moved = stack.move();
  return {
    world,
    fleet,
    users: plans.map(({ user }) => user),
    told,
    lastAtMs: () => lastAtMs,
    async strike(signal) {
      process.kill(world.serverPid(0), signal);
      return systemClock.monotonic();
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

const joining = (contender: Contender): [string, object] =>
  contender === "centrifuge" ? ["subscribe", { channel: ROOM }] : ["room:join", { room: ROOM, observe: true }];

async function leaveForGood(contender: Contender, fault: "killed" | "hung", context: BenchContext, record: Record) {
  const { smoke, say } = context;
  await using scene = await setScene(contender, context);
  const { users, told, world } = scene;
  const struckAtMs = await scene.strike(fault === "killed" ? "SIGKILL" : "SIGSTOP");
  const giveUpMs = !smoke ? GIVE_UP_MS : contender === "rollcall" ? 20_000 : 500;
  let forgottenAtMs: number | undefined;
  const everyone = () => new Set(told).size >= users.length;
  while (!everyone() && forgottenAtMs === undefined && systemClock.monotonic() - struckAtMs < giveUpMs) {
    await systemClock.sleep(POLL_MS);
    if (contender !== "rollcall" && (await remaining(world, ROOM, users)) === 0)
      forgottenAtMs = systemClock.monotonic();
  }
  const endMs = everyone() ? scene.lastAtMs() : (forgottenAtMs ?? systemClock.monotonic());
  await systemClock.sleep(smoke ? 100 : AFTERMATH_MS);
  const known = new Set(users);
  const right = new Set(told.filter((user) => known.has(user)));
  say(`${fault}: ${right.size} departures told`);
  record(`${fault}: last departure`, (endMs - struckAtMs) / 1_000);
  record(`${fault}: departures told`, right.size);
  record(`${fault}: told twice or of nobody`, told.length - right.size);
}

async function comeBack(contender: Contender, context: BenchContext, record: Record) {
  const { smoke } = context;
  await using scene = await setScene(contender, context);
  const { world, fleet, told } = scene;
  const plans = await world.plans(smoke ? 20 : MEMBERS, () => [ROOM]);
  const struckAtMs = await scene.strike("SIGKILL");
  await fleet.connect(world.target(1), plans, smoke ? [0, 100] : RETRY_MS);
  const backAtMs = systemClock.monotonic();
  await systemClock.sleep(smoke ? 100 : struckAtMs + BOUND_MS + AFTERMATH_MS - backAtMs);
  record("all return: departures told", told.length);
  record("all return: last one back", (backAtMs - struckAtMs) / 1_000);
}
