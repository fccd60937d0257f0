/** `./rollcall bench`: runs benches, prints tables, keeps results, and writes the report of all of them. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { REPOSITORY } from "@rollcall/testkit";
import { type Asked, parseCommandLine, USAGE, UsageError } from "./command-line.ts";
import { recordFlames } from "./flame/record.ts";
import { runBench } from "./harness/run.ts";
import { Refused } from "./report/markdown.ts";
import { inRepository, pageOf } from "./report/page.ts";
import { RESULTS, readResults, SHOWN } from "./report/results.ts";
import { tableOf } from "./report/table.ts";

const say = (text: string) => void process.stderr.write(`${text}\n`);
const out = (text: string) => void process.stdout.write(`${text}\n`);

async function run({ what, benches, smoke, rounds, compare, json }: Asked): Promise<void> {
  if (what === "help") out(USAGE);
  if (what === "flame") for (const file of await recordFlames(say)) say(`written: ${relative(REPOSITORY, file)}`);
  mkdirSync(RESULTS, { recursive: true });
  for (const bench of benches) {
    const result = await runBench(bench, { smoke, rounds, compare, say });
    if (json) out(JSON.stringify(result));
    else for (const line of tableOf(result)) out(line);
    if (!smoke) writeFileSync(join(RESULTS, `${bench.id}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }
  if (smoke || (what !== "all" && what !== "report")) return;
  mkdirSync(SHOWN, { recursive: true });
  for (const [file, content] of pageOf(readResults())) writeFileSync(inRepository(file), content);
  say("written: docs/benchmarks.md and docs/benchmarks/");
}

try {
  await run(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError) {
    say(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else if (error instanceof Refused) {
    say(error.message);
    process.exitCode = 1;
  } else throw error;
}
