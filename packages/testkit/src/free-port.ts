/**
 * Ports for servers of tests. Many processes look for them at once, and a server listens only a while after its port was
 * found: what is given is written down for all of them, and is another's again when the process that took it has ended.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { systemRandom } from "@rollcall/runtime";

/**
 * Below those that Linux (32768) and macOS (49152) give to outgoing connections: one of these might be taken by any client
 * on the machine while its server is away for a restart. Above those of the clusters that tests start with `up`.
 */
const PORTS = { from: 28_000, count: 4_768 };
/** A file for each port that was given: the process that has it. */
const TAKEN = join(tmpdir(), `rollcall-ports-${userInfo().uid}`);
let next = systemRandom.int(PORTS.count);

/** Free now, and given to nobody else while this process lives. */
export async function freePort(): Promise<number> {
  mkdirSync(TAKEN, { recursive: true });
  for (let tried = 0; tried < PORTS.count; tried++) {
    const port = PORTS.from + (next++ % PORTS.count);
    if (take(port) && (await isFree(port))) return port;
  }
  throw new Error(`no port is free from ${PORTS.from} on: ${TAKEN} says who has them`);
}

function take(port: number): boolean {
  const file = join(TAKEN, String(port));
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return true;
    } catch {
      if (isAlive(file)) return false;
      rmSync(file, { force: true });
    }
  }
  return false;
}

function isAlive(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
