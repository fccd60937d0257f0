/** What has become of each publication so far: where it arrived, how long that took, or why it could not. Pure. */

import type { Publication } from "./plan.ts";

export interface Summary {
  published: number;
  /** Per edge: how many of those that had to arrive did. */
  edges: { edge: string; delivered: number; p50Ms?: number; p99Ms?: number }[];
  /** Had to arrive. */
  declared: number;
  deadLetters: Record<string, number>;
  /** Neither arrived on every edge as it should, nor ended as a dead letter as it should. */
  missing: { id: string; type: string; edges: string[] }[];
  slowest?: { id: string; type: string; ms: number };
}

interface Fate {
  publication: Publication;
  publishedAtMs?: number;
  /** By edge, milliseconds since it was published. */
  arrived: Map<string, number>;
  deadReason?: string;
}

export class Tally {
  readonly #edges: readonly string[];
  readonly #fates: Fate[];
  readonly #byId: Map<string, Fate>;
  readonly #byMid: Map<string, Fate>;
  #open: number;

  constructor(publications: readonly Publication[], edges: readonly string[]) {
    this.#edges = edges;
    this.#fates = publications.map((publication) => ({ publication, arrived: new Map() }));
    this.#byId = new Map(this.#fates.map((fate) => [fate.publication.id, fate]));
    this.#byMid = new Map(this.#fates.map((fate) => [fate.publication.mid, fate]));
    this.#open = publications.length;
  }

  /** How many have not come to their end. */
  get open(): number {
    return this.#open;
  }

  published(id: string, atMs: number): void {
    const fate = this.#byId.get(id);
    if (fate !== undefined) fate.publishedAtMs = atMs;
  }

  /** True when it is one of ours that was not seen on that edge before. */
  arrived(mid: string, edge: string, atMs: number): boolean {
    const fate = this.#byMid.get(mid);
    if (fate?.publishedAtMs === undefined || fate.arrived.has(edge)) return false;
    this.#change(fate, () => fate.arrived.set(edge, atMs - fate.publishedAtMs!));
    return true;
  }

  dead(id: string, reason: string): boolean {
    const fate = this.#byId.get(id);
    if (fate === undefined || fate.deadReason !== undefined) return false;
    this.#change(fate, () => (fate.deadReason = reason));
    return true;
  }

  summary(): Summary {
    const sent = this.#fates.filter(({ publishedAtMs }) => publishedAtMs !== undefined);
    const declared = sent.filter(({ publication }) => publication.expected.arrives);
    const deadLetters: Record<string, number> = {};
    for (const { deadReason } of sent) {
      if (deadReason !== undefined) deadLetters[deadReason] = (deadLetters[deadReason] ?? 0) + 1;
    }
    const slowest = declared
      .map(({ publication: { id, type }, arrived }) => ({ id, type, ms: Math.max(-1, ...arrived.values()) }))
      .reduce<Summary["slowest"]>((most, each) => (each.ms > (most?.ms ?? -1) ? each : most), undefined);
    return {
      published: sent.length,
      declared: declared.length,
      edges: this.#edges.map((edge) => {
        const took = declared.flatMap(({ arrived }) => arrived.get(edge) ?? []).toSorted((a, b) => a - b);
        if (took.length === 0) return { edge, delivered: 0 };
        return { edge, delivered: took.length, p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
      }),
      deadLetters,
      missing: sent
        .filter((fate) => !this.#ended(fate))
        .map(({ publication: { id, type, expected }, arrived }) => ({
          id,
          type,
          edges: expected.arrives ? this.#edges.filter((edge) => !arrived.has(edge)) : [],
        })),
      ...(slowest === undefined ? {} : { slowest }),
    };
  }

  #change(fate: Fate, change: () => void): void {
    const before = this.#ended(fate);
    change();
    if (!before && this.#ended(fate)) this.#open--;
  }

  #ended({ publication, arrived, deadReason }: Fate): boolean {
    return publication.expected.arrives ? arrived.size === this.#edges.length : deadReason !== undefined;
  }
}

/** Nearest rank, of values in ascending order; one decimal. */
export function percentile(ascending: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * ascending.length));
  return Math.round(ascending[rank - 1]! * 10) / 10;
}
