/** Reads the fields of a request body, each with its grammar. Throws `PAYLOAD_INVALID` with the pointer, never the value. */

import { isName, type NameKind, RollcallError } from "@rollcall/contracts";

function invalid(field: string, keyword: string, message: string): RollcallError {
  return RollcallError.invalid([{ pointer: field === "" ? "" : `/${field}`, keyword, message }]);
}

export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 500;
export const HISTORY_MAX = 100;

export interface Fields {
  name(field: string, kind: NameKind): string;
  optionalName(field: string, kind: NameKind): string | undefined;
  names(field: string, kind: NameKind, max: number): string[];
  optionalNames(field: string, kind: NameKind, max: number): string[] | undefined;
  cursor(): string | undefined;
  /** `before?, after?, limit?` of a history. */
  span(): { before: number | undefined; after: number | undefined; limit: number };
  /** Default `/`. */
  namespace(): string;
  /** `free`: any characters, for people. */
  text(field: string, options: { optional: true; maxLength: number; free?: boolean }): string | undefined;
  integer(field: string, options: { optional: true; minimum: number; maximum: number }): number | undefined;
  /** `cursor?, limit?` */
  page(): { cursor: string | undefined; limit: number };
  /** `tenant, namespace?, room` of the private protocol; a public request has its tenant in the subject. */
  room(tenant?: string): { tenant: string; namespace: string; room: string };
  /** An RFC 3339 UTC time, in ms. */
  time(field: string): number | undefined;
  /** The value as it is. */
  raw(field: string): unknown;
}

export function fieldsOf(body: unknown): Fields {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalid("", "type", "must be object");
  const value = (field: string): unknown =>
    Object.hasOwn(body, field) ? (body as Record<string, unknown>)[field] : undefined;

  const fields: Fields = {
    name(field, kind) {
      const found = value(field);
      if (found === undefined) throw invalid("", "required", `must have property ${field}`);
      if (!isName(kind, found)) throw invalid(field, "pattern", `must be a ${kind} id`);
      return found;
    },
    optionalName: (field, kind) => (value(field) === undefined ? undefined : fields.name(field, kind)),
    names(field, kind, max) {
      const found = value(field);
      if (!Array.isArray(found)) throw invalid(field, "type", "must be array");
      if (found.length < 1 || found.length > max) throw invalid(field, "maxItems", `must have 1 to ${max} items`);
      const bad = found.findIndex((item) => !isName(kind, item));
      if (bad >= 0) throw invalid(`${field}/${bad}`, "pattern", `must be a ${kind} id`);
      return found as string[];
    },
    optionalNames: (field, kind, max) => (value(field) === undefined ? undefined : fields.names(field, kind, max)),
    cursor: () => fields.text("cursor", { optional: true, maxLength: 256 }),
    span() {
      const seq = { optional: true, minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
      const limit = fields.integer("limit", { optional: true, minimum: 1, maximum: HISTORY_MAX }) ?? HISTORY_MAX;
      return { before: fields.integer("before", seq), after: fields.integer("after", seq), limit };
    },
    namespace: () => fields.optionalName("namespace", "namespace") ?? "/",
    text(field, { maxLength, free = false }) {
      const found = value(field);
      if (found === undefined) return undefined;
      if (typeof found !== "string") throw invalid(field, "type", "must be string");
      if (found.length > maxLength) throw invalid(field, "maxLength", `must have at most ${maxLength} characters`);
      // Cursors and prefixes end in ranges of names: no control character may reach them.
      if (!free && !/^[!-~]*$/.test(found)) throw invalid(field, "pattern", "must be printable ASCII without spaces");
      return found;
    },
    integer(field, { minimum, maximum }) {
      const found = value(field);
      if (found === undefined) return undefined;
      if (typeof found !== "number" || !Number.isInteger(found)) throw invalid(field, "type", "must be integer");
      if (found < minimum) throw invalid(field, "minimum", `must be >= ${minimum}`);
      if (found > maximum) throw invalid(field, "maximum", `must be <= ${maximum}`);
      return found;
    },
    page: () => ({
      cursor: fields.cursor(),
      limit: fields.integer("limit", { optional: true, minimum: 1, maximum: PAGE_MAX }) ?? PAGE_DEFAULT,
    }),
    room: (tenant) => ({
      tenant: tenant ?? fields.name("tenant", "tenant"),
      namespace: fields.namespace(),
      room: fields.name("room", "room"),
    }),
    time(field) {
      const found = value(field);
      if (found === undefined) return undefined;
      const isTime = typeof found === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(found);
      const ms = isTime ? Date.parse(found) : Number.NaN;
      if (Number.isNaN(ms)) throw invalid(field, "format", "must be a time: RFC 3339, UTC");
      return ms;
    },
    raw: value,
  };
  return fields;
}
