/**
 * Keeps the planned processes running: starts them stage by stage, watches their readiness, starts again what dies by
 * itself, and stops exactly what it started, in reverse order.
 *
 * A component that ends before it was ever ready is a failed start, not a death: `start` rejects with its name.
 */

import type { Clock, Env } from "@rollcall/runtime";
import { type LaunchedProcess, launch } from "./component.ts";
import type { ProcessIdentity } from "./identity.ts";
import type { ComponentSpec } from "./plan.ts";
import { isReady } from "./probes.ts";
import { afterDeath, neverDied } from "./restart.ts";
import type { ComponentStatus } from "./state.ts";

export interface SupervisorOptions {
  components: readonly ComponentSpec[];
  env: Env;
  cwd: string;
  logFile: (component: string) => string;
  clock: Clock;
  /** Start again what dies by itself. */
  restart: boolean;
  on: {
    ready(spec: ComponentSpec, tookMs: number): void;
    died(spec: ComponentSpec, how: string, againInMs: number | undefined): void;
    killed(spec: ComponentSpec): void;
    /** After anything that `components` or `processes` show. */
    changed(): void;
  };
}

export interface Supervisor {
  /** Resolves when all are ready for the first time. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL for what has not ended in its time; a second call kills at once. */
  stop(): Promise<void>;
  components(): ComponentStatus[];
  processes(): ProcessIdentity[];
  /** For the last resort: kills what is left, at once. */
  killAll(): void;
}

/** A component did not become ready. */
export class StartError extends Error {
  readonly component: string;
  constructor(component: string, reason: string) {
    super(`${component} did not start: ${reason}`);
    this.name = "StartError";
    this.component = component;
  }
}

interface Component {
  readonly spec: ComponentSpec;
  process: LaunchedProcess | undefined;
  ready: boolean;
  /** Was ready once: from then on its end is a death. */
  started: boolean;
}

const START_TIMEOUT_MS = 60_000;
const PROBE_STARTING_MS = 100;
const PROBE_READY_MS = 1_000;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, on } = options;
  const components: Component[] = options.components.map((spec) => ({
    spec,
    process: undefined,
    ready: false,
    started: false,
  }));
  const stages = [...new Set(options.components.map((spec) => spec.stage))].toSorted((a, b) => a - b);
  const stopping = new AbortController();
  const lives: Promise<void>[] = [];
  let hurry = false;

  /** Runs a component until the cluster stops; resolves `onReady` or rejects it once. */
  async function live(component: Component, onReady: { resolve: () => void; reject: (error: unknown) => void }) {
    const { spec } = component;
    let past = neverDied;
    while (!stopping.signal.aborted) {
      const launchedAtMs = clock.monotonic();
      let how: string;
      try {
        const launched = await launch({
          command: spec.command,
          args: spec.args,
          env: { ...options.env, ...spec.env },
          cwd: options.cwd,
          logFile: options.logFile(spec.name),
        });
        component.process = launched;
        on.changed();
        const watching = watch(component, launched, launchedAtMs, onReady.resolve);
        how = await launched.ended;
        await watching;
      } catch (error) {
        how = error instanceof Error ? error.message : String(error);
      }
      component.ready = false;
      if (stopping.signal.aborted) break;
      if (!component.started) return onReady.reject(new StartError(spec.name, `it ended with ${how}`));
      const next = afterDeath(past, clock.monotonic() - launchedAtMs);
      past = next.state;
      on.died(spec, how, options.restart ? next.delayMs : undefined);
      on.changed();
      if (!options.restart) return;
      await clock.sleep(next.delayMs, stopping.signal).catch(() => undefined); // woken to stop
    }
    onReady.reject(new StartError(spec.name, "the cluster is stopping"));
  }

  /** Asks until the process ends, often until it is ready, then now and then. */
  async function watch(component: Component, launched: LaunchedProcess, sinceMs: number, onReady: () => void) {
    const { spec } = component;
    while (!launched.hasEnded() && !stopping.signal.aborted) {
      const ready = await isReady(spec.probe);
      if (launched.hasEnded() || stopping.signal.aborted) return;
      if (ready !== component.ready) {
        component.ready = ready;
        if (ready && !component.started) on.ready(spec, clock.monotonic() - sinceMs);
        if (ready) component.started = true;
        on.changed();
        if (ready) onReady();
      }
      const pause = clock.sleep(component.ready ? PROBE_READY_MS : PROBE_STARTING_MS, stopping.signal);
      await Promise.race([pause.catch(() => undefined), launched.ended]);
    }
  }

  function startOne(component: Component): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeout = clock.setTimer(START_TIMEOUT_MS, () => {
        reject(new StartError(component.spec.name, `it is not ready after ${START_TIMEOUT_MS / 1_000} s`));
      });
      const settled = <A extends unknown[]>(fn: (...args: A) => void) => {
        return (...args: A) => {
          timeout.cancel();
          fn(...args);
        };
      };
      lives.push(live(component, { resolve: settled(resolve), reject: settled(reject) }));
    });
  }

  async function stopStage(stage: number): Promise<void> {
    await Promise.all(components.filter(({ spec }) => spec.stage === stage).map(stopOne));
  }

  async function stopOne({ spec, process: launched }: Component): Promise<void> {
    if (launched === undefined || launched.hasEnded()) return;
    launched.signal(hurry ? "SIGKILL" : "SIGTERM");
    const timeout = clock.setTimer(spec.stopMs, () => {
      on.killed(spec);
      launched.signal("SIGKILL");
    });
    await launched.ended;
    timeout.cancel();
  }

  const killAll = () => {
    for (const { process: launched } of components) launched?.signal("SIGKILL");
  };

  return {
    async start() {
      for (const stage of stages) {
        await Promise.all(components.filter(({ spec }) => spec.stage === stage).map(startOne));
      }
    },
    async stop() {
      if (stopping.signal.aborted) {
        hurry = true;
        killAll();
      }
      stopping.abort();
      for (const stage of stages.toReversed()) await stopStage(stage);
      await Promise.all(lives);
    },
    components: () =>
      components.flatMap(({ spec, process: launched, ready }) =>
        launched === undefined ? [] : [describe(spec, launched.identity.pid, ready)],
      ),
    processes: () =>
      components.flatMap(({ process: launched }) =>
        launched === undefined || launched.hasEnded() ? [] : [launched.identity],
      ),
    killAll,
  };
}

function describe(spec: ComponentSpec, pid: number, ready: boolean): ComponentStatus {
  return {
    name: spec.name,
    kind: spec.kind,
    pid,
    ...(spec.url === undefined ? {} : { url: spec.url }),
    ...(spec.internalUrl === undefined ? {} : { internalUrl: spec.internalUrl }),
    ready,
  };
}
