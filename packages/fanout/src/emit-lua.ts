/** The Lua twin of `encodeEntry`, as text to put in front of a script that emits in the same commit as its change. */

import { readFileSync } from "node:fs";

/** Defines `rollcall_emit(log, maxLen, e)`; see the header of `emit.lua`. */
export const emitLua: string = readFileSync(new URL("./emit.lua", import.meta.url), "utf8");
