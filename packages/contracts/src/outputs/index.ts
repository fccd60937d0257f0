/** What is made from loaded contracts for people and for other programs. Every function is from a catalogue to text. */

export { renderSchemaBundle } from "./json-schema/bundle.ts";
export { renderJsonSchemas } from "./json-schema/documents.ts";
export { renderTypes } from "./types/file.ts";
