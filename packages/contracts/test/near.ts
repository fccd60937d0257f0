/** Values near an example, right and wrong ones: members gone, added, of another type, at any depth. */

export function* near(value: unknown): Generator<unknown> {
  yield value;
  for (const other of [null, 1, "x", [], {}, true]) yield other;
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const { [key]: _gone, ...rest } = value as Record<string, unknown>;
    if (!Array.isArray(value)) yield rest;
    for (const changed of [...near(inner)].slice(1, 40)) {
      yield Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
    }
  }
  if (!Array.isArray(value)) yield { ...value, more: 1 };
}
