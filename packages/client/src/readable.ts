/** A value that can be read and followed, in the shape `useSyncExternalStore` wants. */

export interface Readable<T> {
  /** The current value: immutable, and the same object until something changed. */
  get(): T;
  /** Calls `listener` after each change; the answer ends it. Never calls at once. */
  subscribe(listener: () => void): () => void;
}

export interface Cell<T> extends Readable<T> {
  set(value: T): void;
}

/** Reports what an app's callback threw: one bad listener must not starve the others. */
export type Report = (error: unknown) => void;

export function guarded<A extends unknown[]>(report: Report, run: (...args: A) => void, ...args: A): void {
  try {
    run(...args);
  } catch (error) {
    report(error);
  }
}

export function cell<T>(initial: T, report: Report): Cell<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) guarded(report, listener);
    },
    subscribe(listener) {
      // One subscription per call, even of one function: each has its own end.
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}
