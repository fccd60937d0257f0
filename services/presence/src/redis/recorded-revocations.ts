/** What a replica remembers of the revocations it recorded, in case their store loses them. Pure; bounded. */

export interface RecordedRevocation {
  tenant: string;
  user: string;
  /** Both or none: the room it is about. */
  namespace: string;
  room: string;
  issuedBeforeMs: number;
  untilMs: number;
}

/** The oldest goes first. */
const MOST = 10_000;

export class RecordedRevocations {
  readonly #byWhom = new Map<string, RecordedRevocation>();

  /** A later one never shortens an earlier. */
  note(revocation: RecordedRevocation): void {
    const { tenant, user, namespace, room } = revocation;
    const key = JSON.stringify([tenant, user, namespace, room]);
    const known = this.#byWhom.get(key);
    this.#byWhom.delete(key);
    this.#byWhom.set(key, {
      ...revocation,
      issuedBeforeMs: Math.max(revocation.issuedBeforeMs, known?.issuedBeforeMs ?? 0),
      untilMs: Math.max(revocation.untilMs, known?.untilMs ?? 0),
    });
    const [oldest] = this.#byWhom.keys();
    if (this.#byWhom.size > MOST && oldest !== undefined) this.#byWhom.delete(oldest);
  }

  /** Those that count still. */
  live(nowMs: number): RecordedRevocation[] {
    for (const [key, { untilMs }] of this.#byWhom) if (untilMs <= nowMs) this.#byWhom.delete(key);
    return [...this.#byWhom.values()];
  }

  get isEmpty(): boolean {
    return this.#byWhom.size === 0;
  }
}
