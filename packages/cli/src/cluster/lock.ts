/**
 * One `up` at a time in a checkout: a file that names its holder, void when that process is gone. Two that find a dead
 * holder at the same instant may both take it; then the ports keep them apart.
 */

import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { identify, isAlive, type ProcessIdentity } from "./identity.ts";

export interface Lock {
  release(): void;
}

/** The living holder, if there is one. */
export function lockHolder(file: string): ProcessIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const [pid, started] = text.split("\n");
  const holder = { pid: Number(pid), started: started ?? "" };
  return isAlive(holder) ? holder : undefined;
}

/** The lock, or who holds it. The file appears whole: it is written aside and linked into place. */
export function takeLock(file: string): Lock | { heldBy: ProcessIdentity } {
  mkdirSync(dirname(file), { recursive: true });
  const me = identify(process.pid);
  if (me === undefined) throw new Error("this process cannot be identified");
  const mine = `${file}.${me.pid}`;
  writeFileSync(mine, `${me.pid}\n${me.started}\n`, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        linkSync(mine, file);
        return { release: () => rmSync(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const heldBy = lockHolder(file);
      if (heldBy !== undefined) return { heldBy };
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new Error(`the lock ${file} cannot be taken`);
}
