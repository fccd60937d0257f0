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
