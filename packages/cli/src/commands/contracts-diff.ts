/** `contracts diff`: would a change of the contract files break who uses them? */

import { formatMistake, type LoadResult, type Mistake } from "@rollcall/contracts";
import { diffContracts } from "@rollcall/contracts/evolution";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Context, EXIT } from "../context.ts";
import {
  ALLOWANCES,
  type Allowance,
  annotationOf,
  breaks,
  judged,
  lineOf,
  mistakeAnnotationOf,
  summaryOf,
} from "../contracts-diff/report.ts";
import { readSides } from "../contracts-diff/sides.ts";

interface Flags {
  allow: Allowance[];
  json?: true;
  github?: true;
}

export function addContractsDiff(contracts: Command, context: Context): void {
  contracts
    .command("diff")
    .summary("a line per change, which begins with whom it breaks; exit 1 when it breaks somebody")
    .argument("<old>", "a file or folder, REF:path, or a ref of git")
    .argument("<new>", "the same; a ref alone means the other side's path there")
    .option("--allow <rule or class>", "do not fail for it; may be given more than once", allowance, [])
    .addOption(new Option("--json", "print JSON").conflicts("github"))
    .option("--github", "print annotations of GitHub Actions")
    .action((old: string, next: string, flags: Flags) => diff(context, old, next, flags));
}

function allowance(text: string, before: Allowance[]): Allowance[] {
  const known = ALLOWANCES.find((each) => each === text);
  if (known === undefined) throw new InvalidArgumentError(`It must be one of: ${ALLOWANCES.join(", ")}.`);
  return [...before, known];
}

async function diff(context: Context, oldName: string, nextName: string, flags: Flags): Promise<void> {
  const { terminal, exit } = context;
  const { old, next, workFile } = await readSides(oldName, nextName, context);
  if (!old.ok || !next.ok) {
    // Nothing can be compared with what no service would load.
    printMistakes(context, flags, [old, next], workFile);
    return exit(EXIT.usage);
  }
  const changes = judged(diffContracts(old.catalogue, next.catalogue), flags.allow);
  const ok = !changes.some(breaks);
  if (flags.json === true) terminal.json({ ok, allowed: flags.allow, changes });
  else {
    for (const change of changes) {
      terminal.out(flags.github === true ? annotationOf(change, workFile) : lineOf(change));
    }
    for (const line of summaryOf(changes, flags.allow)) terminal.note(line);
  }
  exit(ok ? EXIT.ok : EXIT.failed);
}

function printMistakes(
  { terminal }: Context,
  { json, github }: Flags,
  results: readonly LoadResult[],
  workFile: (file: string) => string,
): void {
  const mistakes = results.flatMap((result) => (result.ok ? [] : result.mistakes));
  const lineOfMistake = (mistake: Mistake) =>
    github === true ? mistakeAnnotationOf(mistake, workFile) : formatMistake(mistake);
  if (json === true) terminal.json({ ok: false, mistakes });
  else for (const mistake of mistakes) terminal.out(lineOfMistake(mistake));
}
