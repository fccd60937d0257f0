/** NATS subjects of contract files: under `events.` or `commands.`, no wildcard but one `{tenant}`. */

import type { SubjectPattern } from "../contract.ts";
import { decodeSubjectToken } from "../encoding.ts";
import { DEFAULT_TENANT, isName } from "../names.ts";

const TOKEN = /^[A-Za-z0-9_%-]+$/;
const TENANT = "{tenant}";

/** The pattern, or what is wrong with it. */
export function parseSubject(source: string, root: "events" | "commands"): SubjectPattern | string {
  const tokens = source.split(".");
  if (tokens[0] !== root || tokens.length < 2) return `must be a subject under ${root}.`;
  const holes = tokens.filter((token) => token === TENANT).length;
  if (holes > (root === "events" ? 1 : 0))
    return root === "events" ? "may hold {tenant} once" : "may not hold {tenant}";
  if (tokens.some((token) => token !== TENANT && !TOKEN.test(token))) {
    return "must be tokens of [A-Za-z0-9_%-] joined by dots, without wildcards but {tenant}";
  }
  const hole = tokens.indexOf(TENANT);
  return {
    source,
    match(subject: string) {
      const given = subject.split(".");
      if (given.length !== tokens.length) return undefined;
      if (tokens.some((token, i) => i !== hole && token !== given[i])) return undefined;
      if (hole < 0) return { tenant: DEFAULT_TENANT };
      const tenant = decodeSubjectToken(given[hole]!);
      return isName("tenant", tenant) ? { tenant } : undefined;
    },
  };
}

/** Some subject matches both. */
export function overlap(a: SubjectPattern, b: SubjectPattern): boolean {
  const [left, right] = [a.source.split("."), b.source.split(".")];
  return (
    left.length === right.length && left.every((token, i) => token === right[i] || [token, right[i]].includes(TENANT))
  );
}

/** `subject` with its token at `hole` left open. */
export function masked(subject: string, hole: number): string {
  const tokens = subject.split(".");
  if (hole < tokens.length) tokens[hole] = TENANT;
  return tokens.join(".");
}

/** Where `{tenant}` stands; -1 without. */
export const holeOf = ({ source }: SubjectPattern): number => source.split(".").indexOf(TENANT);

/** Finds, among those added before, the patterns that {@link overlap} a new one, without comparing each with each. */
export function overlapFinder<T>() {
  const known = new Map<string, T[]>();
  return {
    add(pattern: SubjectPattern, value: T): T[] {
      const { source } = pattern;
      const hole = holeOf(pattern);
      const others = [...source.split(".").keys()]
        .filter((i) => i !== hole)
        .map((i) => ({ i, text: masked(source, i) }));
      // Two without a tenant overlap when equal; one with and one without, once the other's token at its place is left
      // open; two with tenants at different places, once each has left open what the other has.
      const own =
        hole < 0 ? others.map(({ i, text }) => `exact@${i} ${text}`) : others.map(({ text }) => `open@${hole} ${text}`);
      const same = hole < 0 ? `exact ${source}` : `open@${hole} ${source}`;
      const asked = [
        same,
        ...others.map(({ i, text }) => `open@${i} ${text}`),
        ...(hole < 0 ? [] : [`exact@${hole} ${source}`]),
      ];
      const found = new Set(asked.flatMap((key) => known.get(key) ?? []));
      for (const key of [same, ...own]) known.set(key, [...(known.get(key) ?? []), value]);
      return [...found];
    },
  };
}
