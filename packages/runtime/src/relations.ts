/** What must hold between settings. */

/** Says in words what must hold, naming the settings and why. */
export interface Relation {
  readonly rule: string;
  readonly between: readonly string[];
  holds(settings: Readonly<Record<string, unknown>>): boolean;
  /** The same as data, for what cannot call it: the templates of the chart. */
  readonly data?: SumAtLeast | Needs;
}

/** The sum of the settings, each times its number, is at least `least`. */
export interface SumAtLeast {
  readonly terms: Readonly<Record<string, number>>;
  readonly least: number;
}

/** A setting that has the value `when` names, alone or in its list, needs another: any value, or the one that is named. */
export interface Needs {
  readonly when: { readonly setting: string; readonly value: string };
  readonly needs: { readonly setting: string; readonly value?: string };
}

export const sumAtLeast = (rule: string, terms: SumAtLeast["terms"], least = 0): Relation => {
  const between = Object.keys(terms);
  const sum = (settings: Readonly<Record<string, unknown>>) =>
    between.reduce((total, name) => total + terms[name]! * Number(settings[name]), 0);
  return { rule, between, data: { terms, least }, holds: (settings) => sum(settings) >= least };
};

export const needs = (rule: string, when: Needs["when"], needed: Needs["needs"]): Relation => ({
  rule,
  between: [when.setting, needed.setting],
  data: { when, needs: needed },
  holds: (settings) =>
    ![settings[when.setting]].flat().includes(when.value) ||
    (needed.value === undefined ? settings[needed.setting] !== undefined : settings[needed.setting] === needed.value),
});

/** All of them or none. */
export const together = (...between: string[]): Relation => ({
  rule: `${between.join(" and ")} belong together`,
  between,
  holds: (settings) => new Set(between.map((name) => settings[name] === undefined)).size === 1,
});
