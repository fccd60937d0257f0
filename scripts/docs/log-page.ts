/** The catalogue of what services log: read from the calls themselves, because a line's key stands where it is written. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { code, page, table } from "./markdown.ts";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = ["services/*/src/**/*.ts", "packages/{fanout,runtime}/src/**/*.ts"];
const KEY = /event: "([a-z_]+\.[a-z_]+)"/g;
/** How far from its key a call's level and its message may stand. */
const CALL_CHARS = 300;

interface Line {
  key: string;
  level: string;
  says: string;
  part: string;
}

export function logsPage(): string {
  const rows = new Map<string, Line[]>();
  for (const line of logLines()) rows.set(line.key, [...(rows.get(line.key) ?? []), line]);
  const joined = (values: readonly string[]) => [...new Set(values)].join("; ");
  return page(
    "What services log",
    "A line of JSON each: `level time service instance event message`, and what belongs to it, of `code mid session edge trace_id user error`. User ids are hashed; tokens and payloads are never there. `event` is stable: a key is not given another meaning. Of one event a process writes a hundred lines at once and ten a second (`debug`, `trace` and `fatal` without a bound); the next line after that says in `repeats` how many there were besides.",
    table(
      ["event", "level", "says", "in"],
      [...rows.keys()].toSorted().map((key) => {
        const lines = rows.get(key)!;
        const [levels, says, parts] = (["level", "says", "part"] as const).map((of) => lines.map((line) => line[of]));
        return [code(key), joined(levels!), joined(says!), joined(parts!)];
      }),
    ),
  );
}

function logLines(): Line[] {
  const files = globSync(SOURCES, { cwd: ROOT }).filter((file) => !file.endsWith(".test.ts"));
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [...text.matchAll(KEY)].map(({ 1: key = "", index }) => ({
      ...callAround(text, index),
      key,
      part: file.split("/")[1]!,
    }));
  });
}

function callAround(text: string, at: number): Pick<Line, "level" | "says"> {
  const before = text.slice(Math.max(0, at - CALL_CHARS), at);
  const after = text.slice(at, at + CALL_CHARS);
  // The fields stand in the call, or just before it.
  const level = /\.(trace|debug|info|warn|error|fatal)\(\s*\{[^;{}]*$/.exec(before) ?? /\.(\w+)\(fields/.exec(after);
  const says = /\}[,;][^"]*?"([^"]+)"/.exec(after);
  return { level: level?.[1] ?? "as bad as its cause", says: says?.[1] ?? "what is wrong" };
}
