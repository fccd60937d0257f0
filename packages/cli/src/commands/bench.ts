/** `bench`: the benches of `loadtest/bench`, in a process of their own. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { wholeNumber } from "../options.ts";
import { findServer, withPath } from "../servers/find.ts";
import { NATS, REDIS } from "../servers/programs.ts";

interface Flags {
  smoke?: true;
  rounds?: number;
  compare?: string;
  json?: true;
}

const MAX_ROUNDS = 100;

export function addBench(program: Command, context: Context): void {
  const { home, env, terminal } = context;
  program
    .command("bench")
    .summary("measure, beside the usual alternatives, in one run")
    .description(
      "B1 to B16, `all` (then writes docs/benchmarks.md), `report` (writes it from the results that are there) or `flame`.\n" +
        "Every run starts its own servers; results are kept in loadtest/results. `bench help` lists the benches.",
    )
    .argument("<id...>", "which")
    .option("--smoke", "small enough for seconds: shows that the benches work, not how fast anything is")
    .option("--rounds <n>", "repetitions (default: the bench's own)", wholeNumber(1, MAX_ROUNDS))
    .option("--compare <names>", "baselines, of stock,ws,centrifuge (default: all that the bench knows)")
    .option("--json", "print results as JSON, a line each; progress goes to stderr")
    .action(async (ids: string[], flags: Flags) => {
      const find = { env, folder: home.servers, say: terminal.note };
      const path = withPath(env, [await findServer(REDIS, find), await findServer(NATS, find)]);
      const child = spawn(
        process.execPath,
        [join(home.root, "loadtest/bench/src/main.ts"), ...argumentsOf(ids, flags)],
        {
          env: { ...path },
          stdio: "inherit",
        },
      );
      const code = await new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (exitCode) => resolve(exitCode ?? 1));
      });
      context.exit(code);
    });
}

export function argumentsOf(ids: readonly string[], { smoke, rounds, compare, json }: Flags): string[] {
  return [
    ...ids,
    ...(smoke === true ? ["--smoke"] : []),
    ...(rounds === undefined ? [] : ["--rounds", String(rounds)]),
    ...(compare === undefined ? [] : [`--compare=${compare}`]),
    ...(json === true ? ["--json"] : []),
  ];
}
