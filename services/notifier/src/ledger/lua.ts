/** The ledger's rules as Lua text, to put in front of the scripts that change records. */

import { readFileSync } from "node:fs";
import { FINAL_STATES, OPEN_STATES, REASONS, TRANSITIONS } from "./ledger.ts";

const quoted = (text: string) => `"${text}"`;

function table(entries: [key: string, value: string][]): string {
  return `{ ${entries.map(([key, value]) => `${key} = ${value}`).join(", ")} }`;
}

const transitions = table(
  OPEN_STATES.map((state) => [
    state,
    table(Object.entries(TRANSITIONS[state]).map(([event, next]) => [event, quoted(next)])),
  ]),
);
const reasons = table(Object.entries(REASONS).map(([event, reason]) => [event, quoted(reason)]));
const finals = table(FINAL_STATES.map((state) => [state, "true"]));

/** Defines `ROLLCALL_TRANSITIONS`, `ROLLCALL_REASONS`, `ROLLCALL_FINAL` and the functions of `ledger.lua`. */
export const ledgerLua: string = `local ROLLCALL_TRANSITIONS = ${transitions}
local ROLLCALL_REASONS = ${reasons}
local ROLLCALL_FINAL = ${finals}
${readFileSync(new URL("./ledger.lua", import.meta.url), "utf8")}`;
