/**
 * `.rollcall/state.json`: what runs in this checkout, written whole at every change by the one `up`, read by the other
 * commands. `status` is what `up --json` and `status --json` print; the rest is only for our own commands.
 */

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ProcessIdentity } from "./identity.ts";

export type ComponentKind = "edge" | "presence" | "notifier" | "redis" | "nats" | "collector" | "prometheus";

export interface ComponentStatus {
  /** `edge-1`, `presence-1`, `redis`... */
  name: string;
  kind: ComponentKind;
  /** Of its latest process, which may have ended. */
  pid: number;
  /** What clients of it use. */
  url?: string;
  /** Probes and metrics. */
  internalUrl?: string;
  ready: boolean;
}

export interface ClusterStatus {
  /** Every component is ready. */
  ready: boolean;
  install: string;
  redisUrl: string;
  natsUrl: string;
  /** Path, or URL when one was given. */
  jwksFile: string;
  components: ComponentStatus[];
}

export interface ClusterState {
  status: ClusterStatus;
  supervisor: ProcessIdentity;
  /** Every process that was started and not yet seen to end. */
  processes: ProcessIdentity[];
  /** Paths given to the services. */
  contracts: string[];
  /** Where spans go. */
  otlpEndpoint?: string;
  issuer?: string;
  audience?: string;
}

/** Other users must not read it: URLs may hold passwords. */
const PRIVATE = 0o600;

export function writeState(file: string, state: ClusterState): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(state, undefined, 2)}\n`, { mode: PRIVATE });
  renameSync(next, file);
}

export function readState(file: string): ClusterState | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined; // nothing runs here
  }
  return JSON.parse(text) as ClusterState;
}

export function removeState(file: string): void {
  rmSync(file, { force: true });
}
