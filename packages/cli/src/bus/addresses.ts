/**
 * Where a cluster is, by the settings that its services have: of the environment, of the file that `SETTINGS_FILE` names, and
 * of those that `<NAME>_FILE` name. What nobody says is absent: the cluster of this folder may know it.
 */

import { ConfigError, type ConfigOf, defineConfig, loadConfig, optionalSecret, optionalText } from "@rollcall/runtime";
import { CliError, type Context, EXIT } from "../context.ts";

const ADDRESSES = defineConfig({
  properties: {
    REDIS_URL: optionalSecret({ description: "" }),
    REDIS_DURABLE_URL: optionalSecret({ description: "" }),
    NATS_URL: optionalSecret({ description: "" }),
    INSTALL: optionalText({ description: "" }),
    EVENT_SOURCES: optionalText({ description: "" }),
  },
});

export type Addresses = ConfigOf<typeof ADDRESSES>;

export function addressesOf({ env }: Pick<Context, "env">): Addresses {
  return orUsage(() => loadConfig(ADDRESSES, env));
}

/** Settings with a mistake are one of the command line. */
export function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CliError(error.message, { cause: error, exitCode: EXIT.usage });
  }
}
