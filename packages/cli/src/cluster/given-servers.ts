/** `REDIS_URL` and `NATS_URL` that were given must be reachable before anything is started. */

import { connect } from "node:net";
import type { Env } from "@rollcall/runtime";
import { CliError } from "../context.ts";

const TIMEOUT_MS = 5_000;
const REDIS = { setting: "REDIS_URL", defaultPort: 6379 } as const;
/** Behind Sentinels the URL names no host. */
const SENTINELS = { setting: "REDIS_SENTINELS", defaultPort: 26_379 } as const;
const NATS = { setting: "NATS_URL", defaultPort: 4222 } as const;

export async function checkGivenServers(env: Env): Promise<void> {
  for (const { setting, defaultPort } of [env.REDIS_MODE === "sentinel" ? SENTINELS : REDIS, NATS]) {
    const [first] = (env[setting] ?? "").split(",");
    if (first === undefined || first === "") continue;
    const url = parse(first);
    if (url === undefined)
      throw new CliError(
        `${setting} is not an address such as ${setting.toLowerCase().replace(/_.*/, "")}://127.0.0.1:${defaultPort}`,
      );
    const port = url.port === "" ? defaultPort : Number(url.port);
    if (await accepts(url.hostname, port)) continue;
    throw new CliError(`${setting} names ${url.hostname}:${port}, where nothing answers`, {
      hint: `Start that server, or unset ${setting}: then \`up\` starts one of its own.`,
    });
  }
}

/** NATS allows `host:port` without a scheme. */
function parse(text: string): URL | undefined {
  return URL.parse(text.includes("://") ? text : `nats://${text}`) ?? undefined;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(TIMEOUT_MS, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
