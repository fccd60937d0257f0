/** JSON values are kept as texts, as in the scripts. */

export const text = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));
/** A presence without info has none: `null` says the same. */
export const presenceInfo = (info: unknown): string | undefined => (info === null ? undefined : text(info));
