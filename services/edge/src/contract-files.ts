/**
 * Contract files on disk, read at start and again when they change or somebody says so. Files with mistakes change
 * nothing: what is in force stays, the mistakes are logged and counted.
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Contracts, formatMistake, loadContracts } from "@rollcall/contracts";
import type { Clock, Logger, Timer } from "@rollcall/runtime";

export interface ContractFilesOptions {
  paths: string[];
  clock: Clock;
  logger: Logger;
  /** Default 5 s: mounted files change without a signal. */
  everyMs?: number;
}

const EVERY_MS = 5_000;

/** Throws when there are mistakes: a service does not start on them. */
export async function readContracts({ paths, logger }: ContractFilesOptions): Promise<Contracts> {
  const loaded = await loadContracts(paths);
  if (loaded.ok) return loaded.contracts;
  for (const mistake of loaded.mistakes) logger.error({ event: "contracts.mistake" }, formatMistake(mistake));
  throw new Error("the contract files have mistakes");
}

export interface ContractWatch {
  /** Look now. */
  check(force?: boolean): Promise<void>;
  stop(): void;
}

export function watchContracts(
  options: ContractFilesOptions,
  on: { changed(contracts: Contracts): void; rejected(): void },
): ContractWatch {
  const { paths, clock, logger } = options;
  let known = stampOf(paths);
  let isReading = false;
  const check = async (force = false) => {
    const stamp = stampOf(paths);
    if (isReading || (!force && stamp === known)) return;
    isReading = true;
    known = stamp; // files with mistakes are not read again until they change again
    try {
      on.changed(await readContracts(options));
    } catch (error) {
      logger.error({ event: "contracts.rejected", error }, "changed contract files are not taken over");
      on.rejected();
    } finally {
      isReading = false;
    }
  };
  const timer: Timer = clock.setRepeating(options.everyMs ?? EVERY_MS, () => void check());
  return { check, stop: () => timer.cancel() };
}

/** Changes when a file under the paths comes, goes or changes; a ConfigMap changes by its links. */
function stampOf(paths: readonly string[]): string {
  return paths.flatMap(filesUnder).join("\n");
}

function filesUnder(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [`${path} missing`];
  if (!stats.isDirectory()) return [`${path} ${stats.mtimeMs} ${stats.size} ${stats.ino}`];
  const names = readdirSync(path).filter((name) => !name.startsWith("."));
  return names.toSorted().flatMap((name) => filesUnder(join(path, name)));
}
