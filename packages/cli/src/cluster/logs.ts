/** The log files of the components: fresh at each `up`, bounded while it runs. */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";

const PRIVATE_FOLDER = 0o700;
/** At this size a log is moved aside; one older file is kept. */
export const MAX_LOG_BYTES = 64 * 1024 * 1024;

export function freshLogs(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  for (const file of readdirSync(folder)) if (/\.log(\.1)?$/.test(file)) rmSync(join(folder, file));
}

/** Processes hold their log open for appending: it is emptied in place, after a copy. */
export function boundLogs(files: readonly string[], maxBytes = MAX_LOG_BYTES): void {
  for (const file of files) {
    if (!existsSync(file) || statSync(file).size <= maxBytes) continue;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  }
}

/** The last lines, for a message about a component that failed. */
export function lastLines(file: string, count: number): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-count);
}
