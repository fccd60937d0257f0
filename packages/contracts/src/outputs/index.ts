/** What is made from loaded contracts for people and for other programs. Every function is from a catalogue to text. */

export { renderAsyncApi } from "./asyncapi/document.ts";
export { renderSchemaBundle } from "./json-schema/bundle.ts";
export { renderJsonSchemas } from "./json-schema/documents.ts";
export { renderMarkdown } from "./pages/markdown.ts";
export { renderPage } from "./pages/page.ts";
export { renderTypes } from "./types/file.ts";
