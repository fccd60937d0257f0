/**
 * The contracts of a service: read from their files at start, read again when the files change or on SIGHUP, and
 * swapped whole, between two events. Files with mistakes change nothing: what is in force stays, the mistakes are
 * logged and counted, and the service stays ready.
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Contracts, expandPaths, formatMistake, loadContracts } from "@rollcall/contracts";
import { METRICS } from "@rollcall/telemetry";
import type { Clock } from "./clock.ts";
import { ConfigError } from "./config.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

export interface ContractFilesOptions {
  /** Files, folders of them, and patterns; none: nothing is declared. */
  paths: readonly string[];
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Default 5 s: mounted files change without a signal. */
  everyMs?: number;
}

export interface ContractFiles {
  /** What is in force now. */
  readonly current: Contracts;
  /** Reads at every use as what is in force then. Whoever keeps a part of it keeps what was. */
  readonly live: Contracts;
  /** From now on they are read again; `swapped` runs after each swap. */
  watch(swapped?: (next: Contracts) => void): void;
  stop(): void;
}

const EVERY_MS = 5_000;
/** Folders in folders; links may go round. */
const MAX_DEPTH = 8;

/** Rejects when there are mistakes: a service does not start on them. */
export async function openContracts(options: ContractFilesOptions): Promise<ContractFiles> {
  const { paths, clock, logger } = options;
  const inForce = options.metrics.gauge(METRICS.contracts);
  const rejections = options.metrics.counter(METRICS.contractsRejected);
  // Before the files are read: a change meanwhile is found at the first look.
  let known = stampOf(paths);
  let current = await read(options);
  inForce.set({ hash: current.hash }, 1);
  tellIfNone();
  let isReading = false;
  let isAskedMeanwhile = false;
  let stop = () => {};

  /** Nothing fails by it, and yet no client gets in. */
  function tellIfNone(): void {
    if (current.namespaces.size > 0) return;
    logger.warn({ event: "contracts.none", paths }, "no contract is in force: clients are refused every namespace");
  }

  async function look(swapped: (next: Contracts) => void, evenIfUnchanged: boolean): Promise<void> {
    isAskedMeanwhile ||= evenIfUnchanged && isReading;
    if (isReading) return;
    isReading = true;
    const stamp = stampOf(paths);
    // Files that change while they are read may be of two versions: the next look reads them again.
    const isTorn = () => stampOf(paths) !== stamp;
    try {
      if (!evenIfUnchanged && stamp === known) return;
      known = stamp; // files with mistakes are not read again until they change again
      const next = await read(options);
      if (isTorn()) return;
      current = next;
      inForce.reset();
      inForce.set({ hash: current.hash }, 1);
      swapped(current);
      logger.info({ event: "contracts.changed", hash: current.hash }, "changed contracts are in force");
      tellIfNone();
    } catch (error) {
      if (isTorn()) return;
      rejections.inc();
      logger.error({ event: "contracts.rejected", error }, "changed contract files are not taken over");
    } finally {
      isReading = false;
      if (isAskedMeanwhile) {
        isAskedMeanwhile = false;
        void look(swapped, true);
      }
    }
  }

  return {
    get current() {
      return current;
    },
    live: {
      get hash() {
        return current.hash;
      },
      get namespaces() {
        return current.namespaces;
      },
      get operations() {
        return current.operations;
      },
      route: (subject, type) => current.route(subject, type),
    },
    watch(swapped = () => {}) {
      const timer = clock.setRepeating(options.everyMs ?? EVERY_MS, () => void look(swapped, false));
      const onHangup = () => void look(swapped, true);
      process.on("SIGHUP", onHangup);
      stop = () => {
        timer.cancel();
        process.off("SIGHUP", onHangup);
      };
    },
    stop: () => stop(),
  };
}

async function read({ paths, logger }: ContractFilesOptions): Promise<Contracts> {
  const loaded = await loadContracts(paths);
  if (loaded.ok) return loaded.contracts;
  for (const mistake of loaded.mistakes) logger.error({ event: "contracts.mistake" }, formatMistake(mistake));
  throw new ConfigError(["CONTRACTS: the contract files have mistakes"]);
}

/** Changes when a file under the paths comes, goes or changes; a ConfigMap changes by its links. */
function stampOf(paths: readonly string[]): string {
  return expandPaths(paths)
    .flatMap((path) => filesUnder(path))
    .join("\n");
}

function filesUnder(path: string, depth = 0): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [`${path} missing`];
  if (!stats.isDirectory()) return [`${path} ${stats.mtimeMs} ${stats.size} ${stats.ino}`];
  if (depth > MAX_DEPTH) return [];
  const names = readdirSync(path).filter((name) => !name.startsWith("."));
  return names.toSorted().flatMap((name) => filesUnder(join(path, name), depth + 1));
}
