/** What is said of the mistakes in contract files, for the tests of each. */

import { checkSources, formatMistake } from "../src/compile/load.ts";

export const HEAD = "rollcall: 1\nnamespace: /\n";
/** The files are `f0.yaml`, `f1.yaml` and so on. */
export const mistakes = (...texts: string[]): string[] => {
  const result = checkSources(texts.map((text, i) => ({ file: `f${i}.yaml`, text: HEAD + text })));
  return result.ok ? [] : result.mistakes.map(formatMistake);
};
export const event = (
  more: string,
  payload = "{ type: object, required: [id], properties: { id: { type: string } } }",
) => `events:\n  order:shipped: { from: events.orders.shipped, payload: ${payload}, ${more} }`;
export const relay = (payload: string, more = "") => `relays:\n  a:b: { rooms: [x], payload: ${payload}${more} }`;
