/**
 * A map of which most instances hold one entry: the first costs no table (a `Map` takes 184 bytes for it), from the
 * second on it is a `Map`. Entries come in the order in which they were added.
 */

const NONE = Symbol("none");

export class FewMap<K extends string | object, V> {
  #key: K | typeof NONE = NONE;
  #value: V | undefined;
  #table: Map<K, V> | undefined;

  get size(): number {
    return this.#table?.size ?? Number(this.#key !== NONE);
  }

  has(key: K): boolean {
    return this.#table?.has(key) ?? this.#key === key;
  }

  get(key: K): V | undefined {
    if (this.#table !== undefined) return this.#table.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  set(key: K, value: V): this {
    if (this.#table !== undefined) {
      this.#table.set(key, value);
    } else if (this.#key === NONE || this.#key === key) {
      this.#key = key;
      this.#value = value;
    } else {
      this.#table = new Map([
        [this.#key, this.#value as V],
        [key, value],
      ]);
      this.#forgetFirst();
    }
    return this;
  }

  delete(key: K): boolean {
    if (this.#table !== undefined) {
      const wasThere = this.#table.delete(key);
      if (this.#table.size === 0) this.#table = undefined;
      return wasThere;
    }
    if (this.#key !== key) return false;
    this.#forgetFirst();
    return true;
  }

  clear(): void {
    this.#table = undefined;
    this.#forgetFirst();
  }

  *[Symbol.iterator](): Generator<[K, V]> {
    if (this.#table !== undefined) yield* this.#table;
    else if (this.#key !== NONE) yield [this.#key, this.#value as V];
  }

  *keys(): Generator<K> {
    for (const [key] of this) yield key;
  }

  *values(): Generator<V> {
    for (const [, value] of this) yield value;
  }

  #forgetFirst(): void {
    this.#key = NONE;
    this.#value = undefined;
  }
}
