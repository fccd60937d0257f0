/** `migrate`: records of an older layout, brought to that of this release while the cluster works. */

import { DEFAULT_INSTALL } from "@rollcall/contracts";
import { LAYOUTS, migrate, v1Placement } from "@rollcall/fanout";
import type { Command } from "commander";
import { Redis } from "ioredis";
import { addressesOf } from "../bus/addresses.ts";
import { redisOptions } from "../bus/redis.ts";
import { CliError, type Context, EXIT } from "../context.ts";

interface Flags {
  redis?: string;
  install?: string;
  json?: boolean;
}

export function addMigrate(program: Command, context: Context): void {
  const { terminal } = context;
  program
    .command("migrate")
    .summary("bring records in Redis to the layout of this release, when all processes run it")
    .option("--redis <url>", "one of the servers (default: REDIS_URL)")
    .option("--install <name>", `prefix of the installation (default: INSTALL, else ${DEFAULT_INSTALL})`)
    .option("--json", "as JSON")
    .action(async (flags: Flags) => {
      const given = addressesOf(context);
      const url = flags.redis ?? given.REDIS_URL;
      if (url === undefined) throw new CliError("which Redis? give --redis or REDIS_URL", { exitCode: EXIT.usage });
      const install = flags.install ?? given.INSTALL ?? DEFAULT_INSTALL;
      const cell = v1Placement.cellOf("");
      const redis = new Redis(url, redisOptions(url, install, context));
      redis.on("error", () => {}); // what is in flight rejects with it
      try {
        await redis.connect();
        let keys = 0;
        const mark = await migrate(redis, { install, cell, onPage: (count) => void (keys += count) });
        if (flags.json === true) return terminal.json({ cell, ...mark, keys });
        const done = keys === 0 ? "nothing to do" : `${keys} keys were looked at`;
        terminal.out(
          `cell ${cell}: records have layout ${mark.lowest}, this release writes ${LAYOUTS.writes}: ${done}`,
        );
      } catch (cause) {
        throw new CliError(cause instanceof Error ? cause.message : String(cause), { cause });
      } finally {
        redis.disconnect();
      }
    });
}
