/** One contract file: its value, and where in the text each part of it stands. */

import type { Place } from "../catalogue.ts";
import type { Mistake } from "../contract.ts";
import { readDocument, type YamlDocument } from "./document.ts";
import { readYaml } from "./yaml.ts";

export interface Source {
  file: string;
  value: unknown;
  /** Where `pointer` leads to, or the nearest part above it that exists. */
  place(pointer: string): Place;
  /** A mistake at that place. */
  mistake(pointer: string, message: string): Mistake;
}

/** Files above this are refused: they would be no contract, and parsing them is not free. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

export type Parsed = { ok: true; source: Source } | { ok: false; mistakes: Mistake[] };

/** JSON is YAML: what reads the one reads both. */
export function parseSource(file: string, text: string): Parsed {
  if (text.length > MAX_FILE_BYTES) {
    const message = `is larger than ${MAX_FILE_BYTES} bytes`;
    return { ok: false, mistakes: [{ file, line: 1, column: 1, pointer: "", message }] };
  }
  const quick = readYaml(text);
  let document: YamlDocument | undefined = quick === undefined ? readDocument(text) : undefined;
  if (document !== undefined && document.mistakes.length > 0)
    return { ok: false, mistakes: document.mistakes.map((mistake) => ({ file, pointer: "", ...mistake })) };
  const place = (pointer: string): Place => {
    document ??= readDocument(text);
    return { file, ...document.position(pointer) };
  };
  return {
    ok: true,
    source: {
      file,
      value: quick === undefined ? document?.value : quick.value,
      place,
      mistake: (pointer, message) => ({ ...place(pointer), pointer, message }),
    },
  };
}
