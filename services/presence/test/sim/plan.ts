/**
 * What happens in a simulated world, and when: people and faults, drawn from a seed. A plan is data, so that one that
 * ends badly can be made smaller (`shrink.ts`) and kept. Faults seek company: others follow at once, and people are
 * restless around them, because that is where mistakes are.
 */

import { type Random, seededRandom } from "@rollcall/runtime";

export type Step = { atMs: number } & (
  | { do: "start" | "goodbye"; client: number }
  | { do: "join" | "leave"; client: number; room: string }
  /** Too much waits for presence: an edge drops what waits, and asserts the truth instead. */
  | { do: "overflow"; edge: number }
  /** `halfOpen`: only the client notices. */
  | { do: "cut"; client: number; halfOpen: boolean; comesBack: boolean }
  | { do: "kill an edge"; edge: number }
  | { do: "stop an edge"; edge: number; ms: number }
  | { do: "kill a replica"; replica: number; ms: number }
  | { do: "kill all replicas"; ms: number }
  | { do: "flush"; restart: boolean }
  | { do: "fail over"; olderMs: number }
  | { do: "redis away" | "nats away"; ms: number }
  /** Answers late; or refuses a share of the calls, each alone. */
  | { do: "redis slow"; ms: number; latencyMs: number }
  | { do: "redis refuses"; ms: number; share: number }
  | { do: "redis clock"; jumpMs: number }
);

export interface Plan {
  /** Of everything that is not in the plan: delays, losses, who is asked. */
  readonly seed: number | string;
  readonly edges: number;
  readonly clients: readonly { user: string; session: string }[];
  /** Ascending. */
  readonly steps: readonly Step[];
}

/** Steps end here. */
export const LIVE_MS = 30_000;
const USERS = 5;
const MOST_EDGES = 4;
const MOST_FAULTS = 6;
const ROOMS = ["a", "b", "c"];

export function planOf(seed: number | string): Plan {
  const random = seededRandom(`plan ${seed}`);
  const clients = Array.from({ length: USERS }, (_, i) => devicesOf(random, `u${i}`)).flat();
  const faults = faultsOf(random);
  const all = [...peopleOf(random, clients.length, faults), ...faults];
  const steps = all.filter(({ atMs }) => atMs < LIVE_MS).toSorted((a, b) => a.atMs - b.atMs);
  return { seed, edges: 1 + random.int(MOST_EDGES), clients, steps };
}

const chance = (random: Random, share: number): boolean => random.float() < share;

function devicesOf(random: Random, user: string) {
  const devices = chance(random, 0.5) ? ["phone", "laptop"] : ["phone"];
  return devices.map((device) => ({ user, session: `${device}-0123456789abcdef` }));
}

/** One act in 0.4 s, and a crowd of them around most faults. */
function peopleOf(random: Random, clients: number, faults: readonly Step[]): Step[] {
  const steps: Step[] = [];
  for (let client = 0; client < clients; client++) {
    if (chance(random, 0.6)) steps.push({ atMs: random.int(1_000), do: "start", client });
  }
  for (let atMs = 0; atMs < LIVE_MS; atMs += random.int(800)) steps.push(actOf(random, atMs, clients));
  for (const fault of faults) {
    // Nobody knows who else is there: the moment to say goodbye.
    const forgets = fault.do === "flush" || fault.do === "fail over";
    for (let n = forgets ? 4 : 0; n > 0; n--) {
      steps.push({ atMs: fault.atMs + random.int(2_500), do: "goodbye", client: random.int(clients) });
    }
    if (chance(random, 0.3)) continue;
    for (let n = random.int(10); n > 0; n--) {
      steps.push(actOf(random, Math.max(0, fault.atMs - 1_500 + random.int(4_500)), clients));
    }
  }
  return steps;
}

function actOf(random: Random, atMs: number, clients: number): Step {
  const client = random.int(clients);
  const room = ROOMS[random.int(ROOMS.length)]!;
  const roll = random.float();
  if (roll < 0.35) return { atMs, do: "start", client };
  if (roll < 0.6) return { atMs, do: "join", client, room };
  if (roll < 0.7) return { atMs, do: "leave", client, room };
  if (roll < 0.78) return { atMs, do: "goodbye", client };
  return { atMs, do: "cut", client, halfOpen: chance(random, 0.4), comesBack: chance(random, 0.75) };
}

/** The times of several lie close together. */
function faultsOf(random: Random): Step[] {
  const faults: Step[] = [];
  for (let n = random.int(MOST_FAULTS + 1); n > 0; n--) {
    const last = faults.at(-1)?.atMs;
    const atMs =
      last !== undefined && chance(random, 0.5) ? last + random.int(4_000) : 3_000 + random.int(LIVE_MS - 6_000);
    faults.push(faultOf(random, Math.min(atMs, LIVE_MS)));
  }
  return faults;
}

function faultOf(random: Random, atMs: number): Step {
  const ms = 1_000 + random.int(20_000);
  switch (random.int(13)) {
    case 0:
      return { atMs, do: "kill an edge", edge: random.int(MOST_EDGES) };
    case 1:
    case 2:
      return { atMs, do: "stop an edge", edge: random.int(MOST_EDGES), ms: ms * 1.5 };
    case 3:
      return { atMs, do: "kill a replica", replica: random.int(MOST_EDGES), ms: ms / 2 };
    case 4:
      return { atMs, do: "kill all replicas", ms };
    case 5:
      return { atMs, do: "flush", restart: chance(random, 0.5) };
    case 6:
      return { atMs, do: "fail over", olderMs: random.int(4_000) };
    case 7:
      return { atMs, do: "redis away", ms };
    case 8:
      return { atMs, do: "nats away", ms };
    case 9:
      return { atMs, do: "redis refuses", ms: ms / 4, share: 0.1 + random.float() / 2 };
    case 10:
      return { atMs, do: "overflow", edge: random.int(MOST_EDGES) };
    case 11:
      return { atMs, do: "redis slow", ms: ms / 2, latencyMs: 50 + random.int(500) };
    default:
      return { atMs, do: "redis clock", jumpMs: (chance(random, 0.5) ? -1 : 1) * random.int(60_000) };
  }
}

/** A line a step, as a failure prints it. */
export function describePlan({ seed, edges, clients, steps }: Plan): string {
  const lines = steps.map(({ atMs, do: what, ...rest }) => {
    const how = Object.entries(rest).map(([name, value]) =>
      name === "client" ? `${clients[value as number]!.user} ${clients[value as number]!.session}` : `${name} ${value}`,
    );
    return `${String(Math.round(atMs)).padStart(6)} ${[what, ...how].join(", ")}`;
  });
  return [`seed ${seed}, ${edges} edges`, ...lines].join("\n");
}
