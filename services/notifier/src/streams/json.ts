/** JSON from the bus: strict UTF-8, bounded depth, and never a thrown error. */

import { LIMITS } from "@rollcall/contracts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Validators and encoders recurse, so depth is checked before they run. One more for the envelope of an event. */
export const MAX_DEPTH = LIMITS.depth + 1;

export type JsonResult = { ok: true; value: unknown } | { ok: false; detail: string };

export function parseJson(bytes: Uint8Array): JsonResult {
  if (bytes.length === 0) return { ok: false, detail: "the body is empty" };
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { ok: false, detail: "the body is not UTF-8" };
  }
  if (deeperThan(text, MAX_DEPTH)) return { ok: false, detail: `the body is nested deeper than ${MAX_DEPTH}` };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, detail: "the body is not JSON" };
  }
}

/** One pass, no recursion; brackets in strings do not count. */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return false;
}
