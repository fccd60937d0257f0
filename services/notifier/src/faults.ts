/**
 * The seam for fault injection: every await that changes something outside the process has a name, before and after.
 * A test is called at each and may never return, which is what a death of the process at that point looks like from
 * outside. Without a test nothing is wrapped.
 */

export type Faults = (point: string) => Promise<void>;

/** The steps whose before and after are points; `faultPoints` spells them. */
export const FAULT_STEPS = {
  streams: ["ensureStream", "ensureConsumer"],
  lease: ["hold", "release"],
  emitOnce: ["emit"],
  delivery: ["deliver"],
  deadLetters: ["write"],
  archive: ["publish", "remove"],
  journal: ["write"],
  store: [
    ...["accept", "mark", "turn", "takeDue", "gather", "scatter", "nameEvent", "writePreference"],
    ...["raise", "markCurrent", "isCurrent", "lowestOpen"],
  ],
  announce: ["say"],
  lowWater: ["load", "save"],
  jobs: ["make", "rest", "putBehind"],
  channel: ["send"],
} as const;

export type FaultPart = keyof typeof FAULT_STEPS;

export const faultPoints: readonly string[] = Object.entries(FAULT_STEPS).flatMap(([part, steps]) =>
  steps.flatMap((step) => [`${part}.${step}:before`, `${part}.${step}:after`]),
);

/** The same object, with the points of its part around its steps. */
export function withFaults<T extends object>(part: FaultPart, object: T, faults: Faults | undefined): T {
  if (faults === undefined) return object;
  const steps: readonly string[] = FAULT_STEPS[part];
  return new Proxy(object, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const bound = value.bind(target) as (...args: unknown[]) => unknown;
      if (typeof name !== "string" || !steps.includes(name)) return bound;
      return async (...args: unknown[]) => {
        await faults(`${part}.${name}:before`);
        const result = await bound(...args);
        await faults(`${part}.${name}:after`);
        return result;
      };
    },
  });
}
