/**
 * Drops what a core schema does not declare, on a copy: later versions may send more, and what is not known must not
 * travel on. Follows `properties`, `items` and unions told apart by a constant `op`; anything else is opaque.
 */

interface Shape {
  properties?: Record<string, Shape>;
  items?: Shape;
  anyOf?: Shape[];
  const?: unknown;
}

export function project(shape: object, value: unknown): unknown {
  const { properties, items, anyOf } = shape as Shape;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => project(items, item));
  if (anyOf !== undefined) {
    const branch = anyOf.find((each) => matchesConstant(each, value));
    return branch === undefined ? value : project(branch, value);
  }
  if (properties === undefined) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(properties)) {
    if (Object.hasOwn(value, key)) copy[key] = project(inner, (value as Record<string, unknown>)[key]);
  }
  return copy;
}

function matchesConstant(shape: Shape, value: object): boolean {
  const expected = shape.properties?.op?.const;
  return expected !== undefined && (value as { op?: unknown }).op === expected;
}
