/**
 * A process for each fault point, which dies there: what leads to the points that published events alone do not reach,
 * and waiting for the death. Each process begins with what the one before it left.
 */

import { request } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { faultPoints } from "../../src/faults.ts";
import { rereadNewest } from "./device.ts";
import type { Fault, Stage } from "./stage.ts";
import { EMITTED, USERS } from "./truth.ts";

const DEATH_MS = 120_000;

/** Of one process: as many as every point needs to be passed. */
export const EVENTS_EACH = 10;

/** Passed once by a process, or at the end of its work: the first passing is the last. */
const passingOf = (point: string) =>
  /^(emitOnce|delivery|store\.(accept|turn|takeDue|nameEvent)|jobs\.make|channel)/.test(point) ? 3 : 1;

export const deaths = (points: readonly string[], name: string): Fault => ({
  name,
  part: "deaths",
  publishes: true,
  async inject(stage) {
    const { running, end, notifier, publish, events, hook } = stage;
    const emits = emitting(stage);
    for (const process of running()) await end(process, "SIGKILL");
    const each = Math.ceil(events / points.length);
    for (const [n, point] of points.entries()) {
      await forgetRun(stage);
      if (/^jobs\.(rest|putBehind)/.test(point)) hook.answer({ status: 503 });
      const doomed = notifier({ point, passing: passingOf(point) });
      await publish(Math.max(0, Math.min(each, events - n * each)));
      const lead = leadTo(point, stage, emits);
      await waitFor(
        async () => {
          if (doomed.signalCode === null && doomed.exitCode === null) await lead(() => doomed.kill("SIGTERM"));
          return doomed.signalCode === "SIGKILL";
        },
        { timeoutMs: DEATH_MS, everyMs: 20, what: () => `a death at ${point} (exit code ${doomed.exitCode})` },
      );
      hook.answer({ status: 200 });
    }
    notifier();
    await emits.finish();
  },
});

export const allDeaths = deaths(faultPoints, `killed at each of its ${faultPoints.length} await points`);

/** As after a restart of the durable Redis, so that every start passes the points of a re-read. */
const forgetRun = ({ bench }: Stage) => bench.redis.hdel("{rollcall:c0}:inbox-epoch", "run");

/** What to do again and again until the process is dead. */
function leadTo(point: string, stage: Stage, emits: Emits): (tellToStop: () => void) => Promise<unknown> {
  const { bench } = stage;
  const step = point.split(":")[0];
  switch (step) {
    case "store.mark":
    case "announce.say":
      return () => rereadNewest(bench, USERS);
    case "store.writePreference":
      return () => ask(stage, "preference.set", { user: "nobody" });
    case "archive.publish":
    case "archive.remove":
      return () => ask(stage, "deadletter.replay", { reason: "undeclared", limit: 1 });
    case "journal.write":
      return () => emits.one();
    case "store.gather":
    case "store.scatter":
      return () => Promise.all([emits.one(), emits.one()]);
    case "lease.release": {
      let isTold = false;
      return async (tellToStop) => {
        if (isTold || (await bench.outstanding()) > 0) return;
        isTold = true;
        tellToStop();
      };
    }
    default:
      return async () => {};
  }
}

const ask = ({ bench }: Stage, name: string, body: object) =>
  request(bench.nc, `rollcall.v1.main.${name}`, body, { timeoutMs: 1_000 });

type Emits = ReturnType<typeof emitting>;

/**
 * `emit` requests of a durable event, each repeated under its id until it is answered. To somebody of their own: what comes
 * from two sources is in no order of both once a notifier has died in between; a device asks for what it misses.
 */
function emitting(stage: Stage) {
  const user = EMITTED;
  const unanswered = new Set<string>();
  let count = 0;
  async function answered(id: string): Promise<void> {
    await ask(stage, "emit", { event: "order:noted", to: { users: [user] }, data: {}, id });
    unanswered.delete(id);
  }
  return {
    async one(): Promise<void> {
      const id = `emitted-${count++}`;
      stage.expected.durable.set(id, [user]);
      unanswered.add(id);
      await answered(id);
    },
    finish: () =>
      waitFor(() => Promise.all([...unanswered].map(answered)).then(() => true), {
        timeoutMs: DEATH_MS,
        what: "an answer to every emit",
      }),
  };
}
