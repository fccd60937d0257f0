/** What `./rollcall bench` is asked. */

import { parseArgs } from "node:util";
import { BENCHES, benchesOf } from "./benches/index.ts";
import { type Bench, CONTENDERS, type Contender } from "./harness/bench.ts";

export const USAGE = `bench <id>...|all|report|flame [--smoke] [--rounds N] [--compare ${CONTENDERS.slice(1).join(",")}] [--json]

${BENCHES.map(({ id, title }) => `  ${id.padEnd(4)} ${title}`).join("\n")}
  all     all of them, then docs/benchmarks.md
  report  docs/benchmarks.md, with the newest result of each bench: of this checkout, or of the page
  flame   docs/fan-out: where the CPU of an edge goes in B1 and B2

Results go to loadtest/results. --compare '' runs Rollcall alone. --smoke shows in seconds that the benches work; its figures mean nothing.`;

export class UsageError extends Error {}

export interface Asked {
  what: "help" | "report" | "flame" | "all" | "some";
  benches: readonly Bench[];
  smoke: boolean;
  json: boolean;
  rounds: number | undefined;
  compare: readonly Contender[] | undefined;
}

/** Throws a `UsageError`. */
export function parseCommandLine(argv: readonly string[]): Asked {
  const { values, positionals } = parse(argv);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new UsageError("--rounds: a whole number above 0");
  }
  const compare = values.compare?.split(",").filter((name) => name !== "");
  const unknown = compare?.find((name) => !CONTENDERS.includes(name as Contender));
  if (unknown !== undefined) throw new UsageError(`--compare: there is no ${unknown}`);
  const [first] = positionals;
  const what = first === "help" || first === "report" || first === "flame" || first === "all" ? first : "some";
  const benches = what === "some" || what === "all" ? benchesOf(positionals) : [];
  if (benches === undefined || first === undefined) throw new UsageError(`which bench? ${positionals.join(" ")}`);
  const { smoke, json } = values;
  return { what, benches, smoke, json, rounds, compare: compare as Contender[] | undefined };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        smoke: { type: "boolean", default: false },
        rounds: { type: "string" },
        compare: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
