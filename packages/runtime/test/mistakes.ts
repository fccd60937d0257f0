import { ConfigError } from "../src/config.ts";

/** What a load complains of; nothing when it does not throw. */
export function mistakesOf(load: () => unknown): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes;
  }
}
