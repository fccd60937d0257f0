/** `packages/client/src/wire.ts`: the shapes of the wire, copied, for a package that ships without `@rollcall/contracts`. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = join(import.meta.dirname, "../../packages/contracts/src/wire.ts");
const HEADER = `/**
 * The shapes of the wire that this package reads and writes: types only. A copy, for an app needs no other package of
 * ours: written from \`packages/contracts/src/wire.ts\` by \`node scripts/generate-docs.ts\`.
 */
`;

export function clientWire(): string {
  const text = readFileSync(SOURCE, "utf8");
  return HEADER + text.slice(text.indexOf("*/\n") + 3);
}
