/**
 * The formats a schema may name: those of JSON Schema and OpenAPI that ajv-formats has, without two that some texts of
 * 64 KB hold up for seconds: `url` by its expression (`uri` says the same), `regex` because V8 reads sets such as `\p{L}`
 * slowly. One other is done by table, being slow on some.
 */

import type { Ajv } from "ajv";
import formats from "ajv-formats";
import { linearRegex } from "../regex/linear-regex.ts";

export const FORMATS = [
  "date", "time", "date-time", "iso-time", "iso-date-time", "duration", "uri", "uri-reference", "uri-template", "email",
  "hostname", "ipv4", "ipv6", "uuid", "json-pointer", "json-pointer-uri-fragment", "relative-json-pointer",
  "byte", "int32", "int64", "float", "double", "password", "binary",
] as const; // biome-ignore format: a list

/** What JSON Schema says of schemas, which their authors write. */
const OF_META_SCHEMA = "regex";

interface Plugin {
  default: (ajv: Ajv, names: readonly string[]) => void;
}

export function addFormats(ajv: Ajv): void {
  // The package is CommonJS: its default export is the module's member of that name.
  (formats as unknown as Plugin).default(ajv, [...FORMATS, OF_META_SCHEMA]);
  const { source } = ajv.formats["uri-reference"] as RegExp;
  ajv.addFormat("uri-reference", (text: string) => linearRegex(source, "i").test(text));
}
