/** Temporary folders that go with the process, and ports that were free a moment ago. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "@rollcall/runtime";
import { reap } from "./reaper.ts";

export function tempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `rollcall-${name}-`));
  reap.folder(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Below those that Linux (32768) and macOS (49152) give to outgoing connections: one of these might be taken by any client
 * on the machine while its server is away for a restart. Above those of the clusters that tests start with `up`.
 */
const PORTS = { from: 28_000, count: 4_768 };
let next = systemRandom.int(PORTS.count);

/** Free now, and given once by this process; another may still take it before its user does. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS.count; tried++) {
    const port = PORTS.from + (next++ % PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${PORTS.from} on`);
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
