/** `test` and `verify`. */

import { Argument, type Command } from "commander";
import { CliError, type Context, EXIT } from "../context.ts";
import { runSteps } from "../testing/run.ts";
import {
  allSteps,
  deploySteps,
  loadSteps,
  STATIC_STEPS,
  type Step,
  suite,
  TEST_KINDS,
  usualSteps,
} from "../testing/steps.ts";

async function run(steps: readonly Step[], context: Context): Promise<void> {
  const { terminal } = context;
  const { passed, failed, failures } = await runSteps(steps, context);
  for (const failure of failures) terminal.out(`${terminal.style("red", "failed")} ${failure}`);
  terminal.out(`${passed} passed, ${failed} failed`);
  context.exit(failed === 0 ? EXIT.ok : EXIT.failed);
}

export function addTest(program: Command, context: Context): void {
  const { results } = context.home;
  program
    .command("test")
    .summary("run all tests, one kind of them, or a campaign")
    .description(
      "Without arguments: lint, types, boundaries, unit, sim, integration, e2e.\n" +
        "all, as CI does: deploy and load too, which need Go, or helm, kubeconform and k6.\n" +
        "At the end, a line for each failure; the last line sums up: N passed, N failed.",
    )
    .addArgument(
      new Argument("[kind]", "which tests").choices([...TEST_KINDS, "static", "deploy", "load", "all", "campaign"]),
    )
    .argument("[name...]", "with a kind: only files whose path holds one of these; with campaign: which one")
    .action(async (kind: string | undefined, names: string[]) => {
      if (kind === undefined) return run(usualSteps(results), context);
      if (kind === "all") return run(allSteps(results), context);
      if (kind === "static") return run(STATIC_STEPS, context);
      if (kind === "deploy") return run(deploySteps(results, names), context);
      if (kind === "load") return run(loadSteps(results, names), context);
      if (kind === "campaign" && names.length === 0) {
        throw new CliError("which campaign? give a part of its file's name", { exitCode: EXIT.usage });
      }
      return run([suite(kind, results, names)], context);
    });
}

export function addVerify(program: Command, context: Context): void {
  const { results } = context.home;
  program
    .command("verify")
    .summary("what CI runs: `test all`")
    .action(() => run(allSteps(results), context));
}
