/** The grammar of every name. One regular expression each, anchored, linear. */

export const PROTOCOL_VERSION = 1;
export const CORE_DOMAINS = ["session", "room", "presence", "state", "inbox", "server"] as const;

export const GRAMMAR = {
  event: "^[a-z][a-z0-9-]{0,31}:[a-z][a-z0-9-]{0,31}$",
  user: "^[A-Za-z0-9_.:@|~+=-]{1,128}$",
  session: "^[A-Za-z0-9_.:@|~+=-]{16,64}$",
  room: "^[A-Za-z0-9_.:@~-]{1,128}$",
  stateKey: "^[A-Za-z0-9_.:@~/-]{1,128}$",
  tenant: "^[a-z0-9-]{1,64}$",
  namespace: "^/(?:[a-z0-9-]{1,32})?$",
  install: "^[a-z0-9-]{1,32}$",
  clientId: "^[A-Za-z0-9_-]{1,64}$",
} as const;

export type NameKind = keyof typeof GRAMMAR;
const compiled = Object.fromEntries(Object.entries(GRAMMAR).map(([kind, source]) => [kind, new RegExp(source)]));

/** True when `value` is a string of the grammar of `kind`. `$` never matches before a newline here (no `m` flag). */
export function isName(kind: NameKind, value: unknown): value is string {
  return typeof value === "string" && compiled[kind]!.test(value);
}

export function isCoreEvent(name: string): boolean {
  return (CORE_DOMAINS as readonly string[]).includes(name.slice(0, name.indexOf(":")));
}

export const DEFAULT_TENANT = "main";
export const DEFAULT_INSTALL = "rollcall";
export const DEFAULT_NAMESPACE = "/";
