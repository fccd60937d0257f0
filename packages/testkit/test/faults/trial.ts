/**
 * One fault done to a world under traffic, and the account of it: how long departures took to be seen, how long after
 * the healing everything agreed again, and whatever anybody saw that was not so.
 */

import { systemClock } from "@rollcall/runtime";
import type { ServiceProcess } from "../../src/index.ts";
import { waitFor } from "../../src/index.ts";
import type { App } from "./app.ts";
import { inOrder, type Told, toldSince } from "./stream.ts";
import type { Differences } from "./truth.ts";
import type { Departure } from "./views.ts";
import { makeWhole } from "./whole.ts";
import { type Bounds, EVERYBODY, type World } from "./world.ts";

export interface Fault {
  name: string;
  /** Invariants that would be broken. */
  shows: string;
  /** Within which those who depart by it, or during it, are seen to have gone. */
  departuresMs(bounds: Bounds): number;
  /** The store comes back as it was: who had gone is there again until nobody asserts it, and goes once more. */
  rewinds?: boolean;
  /** Slow, or much like another: done by the campaign, not by every test run. */
  campaignOnly?: boolean;
  /** Does it and heals it. */
  run(trial: Trial): Promise<void>;
}

export interface Row extends Differences {
  fault: string;
  departed: number;
  /** The last of them seen by the last observer, ms after they went, or after the healing when they were seen after it. */
  departuresMs: number;
  departuresBoundMs: number;
  /** Everybody who is here was shown everywhere and could do everything, ms after the healing, or the last blow. */
  backMs: number;
  /** Departures seen of users who did not go; seen twice; never seen. */
  falses: string[];
  repeats: string[];
  unseen: string[];
  /** Refusals and ends that the fault does not explain. */
  surprises: string[];
  /** Delay meanwhile of the event loop of a service that the fault did not touch, ms: the worst, and the worst service's p99. */
  loopMs: number;
  loopP99Ms: number;
}

/** Promised of {@link Row.backMs}. */
export const BACK_MS = 10_000;

/** Far beyond every bound. */
const UNSEEN_MS = 60_000;

type How = "stayAway" | "vanish" | "goodbye";

export class Trial {
  readonly world: World;
  readonly departed: App[] = [];
  /** What is done when all is told. */
  readonly afterwards: (() => Promise<void>)[] = [];
  readonly surprises: string[] = [];
  readonly #touched = new Set<ServiceProcess>();
  #stopTraffic: () => Promise<void> = async () => {};
  #wentAtMs = 0;
  #healedAtMs = 0;
  /** From which on everybody has {@link BACK_MS}. */
  #struckAtMs = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** From now on these are gone. */
  depart(apps: readonly App[], how: How): void {
    for (const app of apps) app[how]();
    this.departed.push(...apps);
    this.#wentAtMs = systemClock.monotonic();
  }

  /** Two thirds of those on an edge. Of a user with two devices only one goes, and the user stays. */
  mostOf(edge: number): App[] {
    return this.world.people.filter((app) => app.edge === edge).filter((_, i) => i % 3 > 0);
  }

  /** While things are away, one goes without a word, one says goodbye, one comes. */
  async comingAndGoing(): Promise<void> {
    const single = (app: App) => this.world.people.filter(({ user }) => user === app.user).length === 1;
    const [vanishing, leaving] = this.world.people.filter(single);
    this.depart([vanishing!], "vanish");
    this.depart([leaving!], "goodbye");
    await this.world.newcomer(0);
  }

  /** It may end, and its event loop may stand. */
  touch(service: ServiceProcess): ServiceProcess {
    this.#touched.add(service);
    return service;
  }

  healed(): void {
    this.#healedAtMs = systemClock.monotonic();
    this.#struckAtMs = this.#healedAtMs;
  }

  /** Something else died, long after the first. */
  struckAgain(): void {
    this.#struckAtMs = systemClock.monotonic();
  }

  /** How long a fault lasts is part of it. */
  lasting(ms: number): Promise<void> {
    return systemClock.sleep(ms);
  }

  /** Nobody does anything any more, and what was said has been answered. */
  quiet(): Promise<void> {
    return this.#stopTraffic();
  }

  /** Users without a device that stayed. */
  gone(): Set<string> {
    const here = new Set(this.world.people.map(({ user }) => user));
    return new Set(this.departed.map(({ user }) => user).filter((user) => !here.has(user)));
  }

  async firstDepartureSeen(): Promise<void> {
    await waitFor(() => this.world.observers.some(({ watching }) => watching.known.departures.length > 0), {
      timeoutMs: 60_000,
      what: "a first departure",
    });
  }

  /**
   * However it ends, the world is whole again afterwards. `patient`: waits until whatever was still to end by a lease or a
   * grace has ended, because that of one who went after it has.
   */
  static async run(world: World, fault: Fault, patient = false): Promise<Row> {
    const trial = new Trial(world);
    const amiss: unknown[] = [];
    const tried = async <T>(step: () => Promise<T>) => step().catch((error: unknown) => void amiss.push(error));
    const row = await tried(async () => {
      await world.spread();
      return trial.#account(fault, patient);
    });
    await tried(() => trial.quiet());
    for (const step of trial.afterwards) await tried(step);
    if (amiss.length > 0) await tried(() => makeWhole(world)); // the next trial is another one
    world.restore(trial.departed);
    if (row === undefined || amiss.length > 0) throw amiss[0];
    return row;
  }

  async #account(fault: Fault, patient: boolean): Promise<Row> {
    const { world } = this;
    await world.allTold();
    const witnesses = world.apps.filter(({ here }) => here);
    for (const { client, rosters, watching } of witnesses) {
      client.clearEvents();
      for (const { known } of [watching, ...rosters.values()]) known.departures.splice(0);
    }
    const pids = new Map(world.cluster.services.map((service) => [service, service.pid]));
    const streamFrom = await world.streamEnd();
    await loopDelay(world.cluster.services);

    this.#stopTraffic = world.traffic();
    this.healed();
    await fault.run(this);
    await this.quiet();
    await world.agreement({ ghosts: true });
    const backMs = systemClock.monotonic() - this.#struckAtMs;
    await world.agreement();
    const untouched = world.cluster.services.filter((service) => !this.#touched.has(service));
    const loop = await loopDelay(untouched);
    const gone = this.gone();
    const wentAtMs = this.#wentAtMs;
    if (patient) {
      const last = await world.newcomer(1);
      await world.agreement();
      this.depart([last], "vanish");
      await world.agreement();
    }
    const amiss = await mistold(world, streamFrom, this.gone());
    const account = () =>
      accountOf(
        witnesses.filter(({ here }) => here),
        this.gone(),
      );
    // After a new epoch a departure is known by what is read when the brake has ended. Unseen until then it is in the row.
    await waitFor(() => account().unseen.length === 0, { timeoutMs: UNSEEN_MS }).catch(() => false);
    const left = await world.agreement();
    const ended = untouched.filter((service) => !service.running() || service.pid !== pids.get(service));
    return {
      fault: fault.name,
      departed: gone.size,
      departuresMs: Math.round(this.#lastSeenMs(gone, wentAtMs)),
      departuresBoundMs: fault.departuresMs(world.bounds),
      backMs: Math.round(backMs),
      ...left,
      ...account(),
      ...(fault.rewinds === true ? { repeats: [] } : {}),
      surprises: [
        ...this.surprises,
        ...amiss,
        ...world.apps.flatMap((app) => app.surprises.splice(0).map((surprise) => `${app.user}: ${surprise}`)),
        ...ended.map(({ name }) => `${name} ended`),
      ],
      loopMs: Math.round(loop.worstMs),
      loopP99Ms: Math.round(loop.p99Ms),
    };
  }

  /** From their going, or from the healing when they were seen to be gone after it. */
  #lastSeenMs(gone: ReadonlySet<string>, wentAtMs: number): number {
    const seenAtMs = this.world.observers
      .flatMap((observer) => viewsOf(observer).flatMap(({ departures }) => departures))
      .filter(({ user }) => gone.has(user))
      .map(({ atMs }) => atMs);
    if (seenAtMs.length === 0) return 0;
    const lastAtMs = Math.max(...seenAtMs);
    return lastAtMs - (lastAtMs > this.#healedAtMs ? Math.max(this.#healedAtMs, wentAtMs) : wentAtMs);
  }
}

interface View {
  where: string;
  departures: readonly Departure[];
  /**
   * Does it show a user as gone without having been told? While presence is stale a watcher may read a user offline who
   * is not back yet: no departure. If the user has gone indeed, nothing changes any more, and nothing more is said.
   */
  showsGone(user: string): boolean;
}

/** Side rooms are left on purpose: there only the end is compared. */
function viewsOf({ user, rosters, watching }: App): View[] {
  const roster = rosters.get(EVERYBODY);
  return [
    ...(roster === undefined
      ? []
      : [{ where: `roster of ${user}`, departures: roster.known.departures, showsGone: () => false }]),
    ...(watching.users.size === 0
      ? []
      : [
          {
            where: `watch of ${user}`,
            departures: watching.known.departures,
            showsGone: (other: string) => watching.users.get(other)?.status === "offline",
          },
        ]),
  ];
}

/** Every departure once in each view, and no other. */
function accountOf(witnesses: readonly App[], gone: ReadonlySet<string>): Pick<Row, "falses" | "repeats" | "unseen"> {
  const account = { falses: [] as string[], repeats: [] as string[], unseen: [] as string[] };
  for (const { where, departures, showsGone } of witnesses.flatMap(viewsOf)) {
    const times = new Map<string, number>();
    for (const { user } of departures) times.set(user, (times.get(user) ?? 0) + 1);
    for (const [user, count] of times) {
      if (!gone.has(user)) account.falses.push(`${where}: ${user}`);
      else if (count > 1) account.repeats.push(`${where}: ${user}`);
    }
    for (const user of gone) if (!times.has(user) && !showsGone(user)) account.unseen.push(`${where}: ${user}`);
  }
  return account;
}

const OFFLINE = "rollcall.user.offline";
const LEFT = "rollcall.room.left";
const EPOCH = "rollcall.presence.epoch";

/** What backends were told amiss: a departure once in an epoch. After a new one they read anew, and it need not be told. */
async function mistold(world: World, from: number, gone: ReadonlySet<string>): Promise<string[]> {
  let told: Told[] = [];
  const tellings = (type: string) =>
    told.filter((one) => one.type === type && (type === OFFLINE || one.room === EVERYBODY));
  const usersOf = (type: string) => tellings(type).map(({ user }) => user!);
  const isAnew = () => told.some(({ type }) => type === EPOCH);
  // The relay is a little behind, and subjects are told side by side.
  await waitFor(
    async () => {
      told = inOrder(await toldSince(world, from));
      return isAnew() || [OFFLINE, LEFT].every((type) => [...gone].every((user) => usersOf(type).includes(user)));
    },
    { timeoutMs: 30_000, everyMs: 100, what: "departures to be told to backends" },
  );
  const amiss: string[] = [];
  for (const type of [OFFLINE, LEFT]) {
    for (const { user = "", ...why } of tellings(type)) {
      if (!gone.has(user)) amiss.push(`backends: ${type} ${user} ${JSON.stringify(why)}`);
    }
    for (const user of gone) {
      // Of a store that came back as it was, who had gone is read anew, and goes once more.
      const epochs = tellings(type).flatMap((one) => (one.user === user ? [one.epoch?.split(".")[0]] : []));
      const repeated = new Set(epochs).size < epochs.length;
      if (repeated || (epochs.length === 0 && !isAnew()))
        amiss.push(`backends: ${type} ${user} ${epochs.length} times`);
    }
  }
  return amiss;
}

const loopQuantile = (quantile: string) =>
  new RegExp(`^rollcall_event_loop_delay_seconds\\{[^}]*quantile="${quantile}"[^}]*\\} (\\S+)$`, "m");
const LOOP = { worst: loopQuantile("1"), p99: loopQuantile("0.99") };

/** Of the service that does worst, since it was asked last. */
async function loopDelay(services: readonly ServiceProcess[]): Promise<{ worstMs: number; p99Ms: number }> {
  const texts = await Promise.all(services.filter((service) => service.running()).map((service) => service.metrics()));
  const most = (what: RegExp) => Math.max(0, ...texts.map((text) => Number(what.exec(text)?.[1] ?? 0) * 1_000));
  return { worstMs: most(LOOP.worst), p99Ms: most(LOOP.p99) };
}
