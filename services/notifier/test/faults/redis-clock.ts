/** A wall clock for a Redis that can be moved while it runs. Needs a C compiler (`cc`), so campaigns only. */

import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeFolder, tempFolder } from "@rollcall/testkit";

const SOURCE = fileURLToPath(new URL("./redis-clock.c", import.meta.url));

export interface RedisClock {
  /** Of the server whose clock it is. */
  env: Record<string, string>;
  /** How far it is off from now on. */
  set(offsetMs: number): void;
  close(): void;
}

export function makeRedisClock(): RedisClock {
  const folder = tempFolder("redis-clock");
  const library = join(folder, "clock.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, SOURCE]);
  const file = join(folder, "offset");
  const descriptor = openSync(file, "w+");
  const set = (offsetMs: number) => {
    writeSync(descriptor, new BigInt64Array([BigInt(offsetMs)]), 0, 8, 0);
  };
  set(0);
  return {
    env: { LD_PRELOAD: library, CLOCK_FILE: file },
    set,
    close() {
      closeSync(descriptor);
      removeFolder(folder);
    },
  };
}
