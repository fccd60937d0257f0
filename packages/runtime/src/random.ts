/** Randomness as a value that can be passed: the system's for services, a seeded one for simulations. */

import { randomFillSync } from "node:crypto";

export interface Random {
  /** Unguessable with `systemRandom`. */
  bytes(n: number): Uint8Array;
  /** In [0, 1). For jitter and sampling; guessable. */
  float(): number;
  /** In [0, maxExclusive), an integer. Guessable. */
  int(maxExclusive: number): number;
  /** `length` characters of `[A-Za-z0-9_-]`, 6 bits each. Unguessable with `systemRandom`. */
  id(length?: number): string;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const DEFAULT_ID_LENGTH = 21;
/** One system call fills bytes for about 200 ids. */
const POOL_BYTES = 4096;

function randomFrom(bytes: (n: number) => Uint8Array, float: () => number): Random {
  return {
    bytes,
    float,
    int: (maxExclusive) => Math.floor(float() * maxExclusive),
    id(length = DEFAULT_ID_LENGTH) {
      let id = "";
      for (const byte of bytes(length)) id += ALPHABET[byte & 63];
      return id;
    },
  };
}

function pooledBytes(): (n: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return (n) => {
    if (n > POOL_BYTES) return randomFillSync(new Uint8Array(n));
    if (used + n > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    // A copy: the pool is overwritten later.
    return pool.slice(used, (used += n));
  };
}

export const systemRandom: Random = randomFrom(pooledBytes(), Math.random);

/** The same sequence for the same seed, on every machine (sfc32). Not for secrets. */
export function seededRandom(seed: number | string): Random {
  const text = String(seed);
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < text.length; i++) {
    a ^= text.charCodeAt(i);
    next();
  }
  for (let i = 0; i < 12; i++) next();
  const bytes = (n: number) => Uint8Array.from({ length: n }, () => next() & 255);
  return randomFrom(bytes, () => next() / 2 ** 32);
}
