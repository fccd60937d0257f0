/** `./rollcall bench`: runs benches, prints tables, keeps results, and writes the report of all of them. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { REPOSITORY } from "@rollcall/testkit";
import { BENCHES, benchesOf } from "./benches/index.ts";
import { CONTENDERS, type Contender } from "./harness/bench.ts";
import { runBench } from "./harness/run.ts";
import { REPORT_FILE, report } from "./report/markdown.ts";
import { RESULTS, readResults } from "./report/results.ts";
import { tableOf } from "./report/table.ts";

const USAGE = `bench <id>...|all|report [--smoke] [--rounds N] [--compare ${CONTENDERS.slice(1).join(",")}] [--json]

${BENCHES.map(({ id, title }) => `  ${id.padEnd(4)} ${title}`).join("\n")}
  all     all of them, then docs/benchmarks.md
  report  docs/benchmarks.md from the results that are there

Results go to loadtest/results. --compare '' runs Rollcall alone. --smoke shows in seconds that the benches work; its figures mean nothing.`;

const say = (text: string) => void process.stderr.write(`${text}\n`);
const out = (text: string) => void process.stdout.write(`${text}\n`);

class UsageError extends Error {}

function parse(argv: string[]) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      smoke: { type: "boolean", default: false },
      rounds: { type: "string" },
      compare: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new UsageError("--rounds: a whole number above 0");
  const compare = values.compare?.split(",").filter((name) => name !== "") as Contender[] | undefined;
  const unknown = compare?.find((name) => !CONTENDERS.includes(name));
  if (unknown !== undefined) throw new UsageError(`--compare: there is no ${unknown}`);
  return { ...values, rounds, compare, ids: positionals };
}

async function main(): Promise<void> {
  const { ids, smoke, rounds, compare, json } = parse(process.argv.slice(2));
  if (ids[0] === "help") return out(USAGE);
  const benches = ids[0] === "report" ? [] : benchesOf(ids);
  if (benches === undefined || ids.length === 0) throw new UsageError(`which bench? ${ids.join(" ")}`);
  mkdirSync(RESULTS, { recursive: true });
  for (const bench of benches) {
    const result = await runBench(bench, { smoke, rounds, compare, say });
    if (json) out(JSON.stringify(result));
    else for (const line of tableOf(result)) out(line);
    if (!smoke) writeFileSync(join(RESULTS, `${bench.id}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }
  if (!smoke && (ids[0] === "all" || ids[0] === "report")) {
    writeFileSync(REPORT_FILE, report(readResults()));
    say(`written: ${REPORT_FILE.slice(REPOSITORY.length + 1)}`);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError) && (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS") !== true)
    throw error;
  say(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
