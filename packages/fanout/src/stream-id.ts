/** Redis stream ids, `<ms>-<seq>`: two unsigned 64-bit decimals, compared as such without losing digits. */

export const ZERO_ID = "0-0";

function compareDecimals(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Negative when `a` is older. */
export function compareIds(a: string, b: string): number {
  const dashA = a.indexOf("-");
  const dashB = b.indexOf("-");
  return (
    compareDecimals(a.slice(0, dashA), b.slice(0, dashB)) || compareDecimals(a.slice(dashA + 1), b.slice(dashB + 1))
  );
}

/** When Redis took the entry: milliseconds since the epoch, by its clock. */
export const idToMs = (id: string): number => Number(id.slice(0, id.indexOf("-")));
