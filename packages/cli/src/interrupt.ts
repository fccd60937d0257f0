/** Ctrl-C and its relatives, as something to wait for. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interrupts {
  /** Resolves at the first one. */
  readonly first: Promise<NodeJS.Signals>;
  /** Aborts at the first one. */
  readonly signal: AbortSignal;
  /** Called at each further one. */
  onFurther(fn: () => void): void;
  /** Gives the signals their usual meaning back. */
  dispose(): void;
}

export function listenForInterrupts(): Interrupts {
  const controller = new AbortController();
  const further: (() => void)[] = [];
  const { promise: first, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const listener = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) for (const fn of further) fn();
    controller.abort();
    resolve(name);
  };
  for (const name of SIGNALS) process.on(name, listener);
  return {
    first,
    signal: controller.signal,
    onFurther: (fn) => void further.push(fn),
    dispose() {
      for (const name of SIGNALS) process.off(name, listener);
    },
  };
}
