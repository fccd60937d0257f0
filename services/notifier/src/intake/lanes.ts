/**
 * Keyed order: tasks that share a key run one after another in the order they were given; others run at once. A task
 * may have many keys (an event to several users) and then waits for the last task of each.
 *
 * Nothing is bounded here: the caller gives no more than it may hold in flight.
 */

export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  /** The task must not reject: what follows in its lanes would be none the wiser. */
  run(keys: readonly string[], task: () => Promise<void>): Promise<void> {
    const before = new Set<Promise<void>>();
    for (const key of keys) {
      const tail = this.#tails.get(key);
      if (tail !== undefined) before.add(tail);
    }
    const done = before.size === 0 ? task() : Promise.all(before).then(task);
    for (const key of keys) this.#tails.set(key, done);
    return done.finally(() => {
      for (const key of keys) if (this.#tails.get(key) === done) this.#tails.delete(key);
    });
  }

  get size(): number {
    return this.#tails.size;
  }
}
