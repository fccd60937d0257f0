/** Where things are: the checkout, and the folder `.rollcall/` in it (ignored by git) that holds all that is made here. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type ServiceFolder = "edge" | "presence" | "notifier";

export interface Home {
  /** The checkout. */
  readonly root: string;
  /** `.rollcall/`. */
  readonly folder: string;
  /** What runs here; see `cluster/state.ts`. */
  readonly state: string;
  /** Held by the one `up` of this folder. */
  readonly lock: string;
  /** Private JWK that signs development tokens. */
  readonly key: string;
  /** Its public half, for `JWKS`. */
  readonly jwks: string;
  readonly logs: string;
  /** Of our own Redis, NATS and collector. */
  readonly data: string;
  /** Servers unpacked from the distribution's packages. */
  readonly servers: string;
  /** Test results. */
  readonly results: string;
  log(component: string): string;
  /** The program of a service. */
  service(name: ServiceFolder): string;
  /** What it can be told. */
  settings(name: ServiceFolder): string;
}

export function homeOf(root: string): Home {
  const folder = join(root, ".rollcall");
  return {
    root,
    folder,
    state: join(folder, "state.json"),
    lock: join(folder, "up.lock"),
    key: join(folder, "dev-key.json"),
    jwks: join(folder, "jwks.json"),
    logs: join(folder, "logs"),
    data: join(folder, "data"),
    servers: join(folder, "servers"),
    results: join(folder, "results"),
    log: (component) => join(folder, "logs", `${component}.log`),
    service: (name) => join(root, "services", name, "src", "main.ts"),
    settings: (name) => join(root, "services", name, "src", "config.ts"),
  };
}

/** The checkout this file is part of. */
export function checkoutRoot(): string {
  return fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
}
