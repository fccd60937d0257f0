/** Templates over a payload: `repo:{/repository/full_name}`. Values are encoded, so none can reach beyond its place. */

import { encodeTemplateValue } from "../encoding.ts";
import { resolvePointer } from "../pointer.ts";

export interface Template {
  pointers: readonly string[];
  /** A pointer led to nothing usable: which. */
  fill(data: unknown): { ok: true; text: string } | { ok: false; pointer: string };
}

/** Undefined: braces do not match, or one holds no JSON pointer. */
export function parseTemplate(source: string): Template | undefined {
  const parts = source.split(/(\{[^{}]*\})/);
  const pieces = parts.map((part) => (part.startsWith("{") ? { pointer: part.slice(1, -1) } : { text: part }));
  for (const piece of pieces) {
    if (piece.pointer !== undefined && !isPointer(piece.pointer)) return undefined;
    if (piece.text !== undefined && /[{}]/.test(piece.text)) return undefined;
  }
  return {
    pointers: pieces.flatMap(({ pointer }) => (pointer === undefined ? [] : [pointer])),
    fill(data) {
      let text = "";
      for (const piece of pieces) {
        if (piece.pointer === undefined) {
          text += piece.text;
          continue;
        }
        const value = resolvePointer(data, piece.pointer);
        const usable = (typeof value === "string" && value !== "") || Number.isSafeInteger(value);
        if (!usable) return { ok: false, pointer: piece.pointer };
        text += encodeTemplateValue(String(value));
      }
      return { ok: true, text };
    },
  };
}

export const isPointer = (text: string): boolean => /^(?:\/(?:[^~/]|~[01])*)+$/.test(text);
