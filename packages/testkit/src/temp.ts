/** Temporary folders that go with the process, and ports that were free a moment ago. */

import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reap } from "./reaper.ts";

export function tempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `rollcall-${name}-`));
  reap.folder(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Free now; another process may take it before its user does, so whoever starts a server on it must be ready to retry. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
