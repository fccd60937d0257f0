/**
 * The public keys of one issuer, from a JWKS file or URL, and their rotation.
 *
 * K1 an unknown key id causes one fetch, and no other within the cooldown, however many tokens ask.
 * K2 a key that left the set verifies until the tokens it may have signed have ended.
 * K3 a set that cannot be fetched changes nothing.
 * K4 only public asymmetric keys of the set count.
 */

import { readFile } from "node:fs/promises";
import { RollcallError } from "@rollcall/contracts";
import type { Clock, Logger, Timer } from "@rollcall/runtime";
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWK, type JWSHeaderParameters } from "jose";

export interface KeyRingOptions {
  /** Path or URL of the set. */
  source: string;
  clock: Clock;
  logger: Logger;
  /** How long a key is kept after it left the set: the longest life of a token. */
  retainMs: number;
  /** Instead of reading `source`, for tests. */
  fetchSet?: () => Promise<unknown>;
}

const COOLDOWN_MS = 30_000;
/** New keys are usually published before they sign: most rotations are learnt without an unknown id. */
const REFRESH_MS = 600_000;
const FETCH_TIMEOUT_MS = 3_000;
const MAX_KEYS = 100;
const MAX_SET_BYTES = 256 * 1024;
const ASYMMETRIC = new Set(["OKP", "EC", "RSA"]);

interface Kept {
  jwk: JWK;
  /** When it left the set; undefined while it is in it. */
  leftAtMs: number | undefined;
}

type Finder = ReturnType<typeof createLocalJWKSet>;

export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #kept = new Map<string, Kept>();
  #find: Finder | undefined;
  #fetching: Promise<void> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** A set has been read once. */
  get ready(): boolean {
    return this.#find !== undefined;
  }

  /** Resolves when a set has been read, or the first try failed: then it goes on trying. */
  async start(): Promise<void> {
    await this.#refresh().catch(() => undefined);
    this.#plan();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** For jose: throws its `JWKSNoMatchingKey`, or `UNAVAILABLE` when the set could not be asked. */
  find = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    if (this.#find !== undefined) {
      try {
        return await this.#find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || this.#isCooling()) throw error;
      }
    }
    await this.#refresh();
    if (this.#find === undefined) throw new RollcallError("UNAVAILABLE");
    return this.#find(header, token);
  };

  #isCooling(): boolean {
    return this.#fetching === undefined && this.#options.clock.monotonic() - this.#askedAtMs < COOLDOWN_MS; // K1
  }

  #plan(): void {
    this.#timer = this.#options.clock.setTimer(this.ready ? REFRESH_MS : 1_000, () => {
      void this.#refresh()
        .catch(() => undefined) // logged there
        .then(() => this.#plan());
    });
  }

  #refresh(): Promise<void> {
    this.#askedAtMs = this.#options.clock.monotonic();
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #load(): Promise<void> {
    const { logger, source } = this.#options;
    try {
      this.#take(keysOf(await (this.#options.fetchSet?.() ?? readSet(source, this.#options.clock))));
    } catch (cause) {
      logger.warn({ event: "keys.unreadable", error: cause }, "the key set cannot be read"); // K3
      throw new RollcallError("UNAVAILABLE", { cause });
    }
  }

  #take(jwks: JWK[]): void {
    const { clock, retainMs } = this.#options;
    const now = clock.monotonic();
    for (const kept of this.#kept.values()) kept.leftAtMs ??= now; // K2, unless it is named again
    for (const jwk of jwks) this.#kept.set(identity(jwk), { jwk, leftAtMs: undefined });
    for (const [id, { leftAtMs }] of this.#kept) {
      if (leftAtMs !== undefined && now - leftAtMs >= retainMs) this.#kept.delete(id);
    }
    this.#find = createLocalJWKSet({ keys: [...this.#kept.values()].map(({ jwk }) => jwk) });
  }
}

const identity = ({ kid, kty, crv, x, y, n, e }: JWK) => JSON.stringify([kid, kty, crv, x, y, n, e]);

/** K4. Throws when it is no key set, or has no key we can use. */
function keysOf(set: unknown): JWK[] {
  const keys = (set as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new Error("not a JWKS");
  const usable = keys
    .filter((key): key is JWK => typeof key === "object" && key !== null && ASYMMETRIC.has((key as JWK).kty as string))
    .slice(0, MAX_KEYS)
    .map(({ d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, ...publicPart }) => publicPart as JWK);
  if (usable.length === 0) throw new Error("no usable key in the JWKS");
  return usable;
}

async function readSet(source: string, clock: Clock): Promise<unknown> {
  if (!/^https?:\/\//.test(source)) return JSON.parse(await readFile(source, "utf8"));
  const giveUp = new AbortController();
  const timer = clock.setTimer(FETCH_TIMEOUT_MS, () => giveUp.abort());
  try {
    const response = await fetch(source, { signal: giveUp.signal, redirect: "error" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const text = await response.text();
    if (text.length > MAX_SET_BYTES) throw new Error("the JWKS is too large");
    return JSON.parse(text);
  } finally {
    timer.cancel();
  }
}
