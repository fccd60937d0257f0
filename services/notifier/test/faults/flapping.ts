/** Devices of some recipients that connect and disconnect all the time, at a real edge. */

import { fileURLToPath } from "node:url";
import { systemClock } from "@rollcall/runtime";
import { devKeys, startService, tempFolder } from "@rollcall/testkit";
import type { Bench } from "../bench.ts";
import { type Device, makeDevice } from "./device.ts";
import { USERS } from "./truth.ts";

const CONTRACTS = fileURLToPath(new URL("./mix.yaml", import.meta.url));
/** Of the recipients; the others have no device. */
const FLAPPING = 7;
const ON_MS = 100;
const OFF_MS = 100;

export interface Flapping {
  /** Stops it; what each recipient's device was shown. */
  stop(): Promise<Map<string, readonly string[]>>;
}

export async function startFlapping(bench: Bench): Promise<Flapping> {
  const keys = await devKeys();
  const logFolder = tempFolder("flapping");
  const env = {
    INSTALL: bench.install,
    ROLLCALL_ENV: "development",
    REDIS_URL: bench.redisServer.url,
    NATS_URL: bench.natsServer.url,
    STREAMS: "create",
    LOG_LEVEL: "warn",
    ORIGINS: "*",
    CONTRACTS,
    ...keys.env,
  };
  const presence = await startService({ kind: "presence", name: "presence-1", env, logFolder });
  const edge = await startService({ kind: "edge", name: "edge-1", env, logFolder });
  const devices = new Map<string, Device>();
  for (const user of USERS.slice(0, FLAPPING))
    devices.set(user, makeDevice(edge.url, await keys.token({ user }), "order:urgent"));
  let isOver = false;

  async function flap(device: Device): Promise<void> {
    for (let n = 0; !isOver; n++) {
      await device.connect(ON_MS, n % 2 === 0);
      await systemClock.sleep(OFF_MS);
    }
  }
  const flapping = Promise.all([...devices.values()].map(flap));
  return {
    async stop() {
      isOver = true;
      await flapping;
      await Promise.all([edge.kill("SIGKILL"), presence.kill("SIGKILL")]);
      return new Map([...devices].map(([user, { shown }]) => [user, shown]));
    },
  };
}
