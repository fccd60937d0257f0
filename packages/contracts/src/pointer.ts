/** JSON pointers (RFC 6901). */

export function pointerParts(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const escaped = (part: string): string =>
  part.includes("~") || part.includes("/") ? part.replaceAll("~", "~0").replaceAll("/", "~1") : part;

export function pointerOf(...parts: (string | number)[]): string {
  return parts.map((part) => `/${escaped(String(part))}`).join("");
}

/** What `pointer` leads to, by own members only. */
export function resolvePointer(value: unknown, pointer: string): unknown {
  let at: unknown = value;
  for (const part of pointerParts(pointer)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}
