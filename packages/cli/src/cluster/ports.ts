/** The ports of a cluster started by `up`: bound by the wire contract, moved together by `--base-port`. */

export const DEFAULT_BASE_PORT = 4000;
/** Replicas of one kind: their ports are a hundred apart. */
export const MAX_REPLICAS = 100;
const HIGHEST_OFFSET = 690;
export const MIN_BASE_PORT = 1024;
export const MAX_BASE_PORT = 65_535 - HIGHEST_OFFSET;

export interface Ports {
  /** `i` counts from 0; the instance is named `edge-<i + 1>`. */
  edge(i: number): number;
  edgeInternal(i: number): number;
  presence(i: number): number;
  notifier(i: number): number;
  readonly redis: number;
  readonly nats: number;
  readonly collector: number;
  readonly prometheus: number;
}

export function portsOf(base: number): Ports {
  return {
    edge: (i) => base + i,
    edgeInternal: (i) => base + 100 + i,
    presence: (i) => base + 200 + i,
    notifier: (i) => base + 300 + i,
    redis: base + 379,
    nats: base + 622,
    collector: base + 418,
    prometheus: base + HIGHEST_OFFSET,
  };
}
