/** What this edge can do now: `live` or `stale` per part, told to every session when it changes. */

export type State = "live" | "stale";

export interface HealthView {
  presence: State;
  fanout: State;
  inbox: State;
}

export class Health {
  #view: HealthView = { presence: "stale", fanout: "stale", inbox: "stale" };
  readonly #changed: (view: HealthView) => void;

  constructor(changed: (view: HealthView) => void) {
    this.#changed = changed;
  }

  /** A snapshot: it does not change under whoever holds it. */
  get view(): HealthView {
    return this.#view;
  }

  set(part: keyof HealthView, state: State): void {
    if (this.#view[part] === state) return;
    this.#view = { ...this.#view, [part]: state };
    this.#changed(this.#view);
  }
}
