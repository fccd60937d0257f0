/** `contracts`: the contract files before any service sees them. */

import { existsSync } from "node:fs";
import { expandPaths, formatMistake, loadContracts } from "@rollcall/contracts";
import type { Command } from "commander";
import { CliError, type Context, EXIT } from "../context.ts";
import { addContractsDiff } from "./contracts-diff.ts";
import { addContractOutputs } from "./contracts-outputs.ts";

export function addContracts(program: Command, context: Context): void {
  const { terminal } = context;
  const contracts = program.command("contracts").summary("check contract files, and make things of them");
  contracts
    .command("check")
    .summary("a line per mistake: <file>:<line>:<column> <pointer> <message>; exit 1 when there is one")
    .argument("<files...>", "files, folders of them, or patterns")
    .option("--json", "print JSON")
    .action(async (files: string[], { json }: { json?: true }) => {
      const missing = expandPaths(files).filter((file) => !existsSync(file));
      if (missing.length > 0)
        throw new CliError(`no such file or folder: ${missing.join(", ")}`, { exitCode: EXIT.usage });
      const result = await loadContracts(files);
      const mistakes = result.ok ? [] : result.mistakes;
      if (json === true)
        terminal.json({ ok: result.ok, mistakes, ...(result.ok ? { hash: result.contracts.hash } : {}) });
      else {
        for (const mistake of mistakes) terminal.out(formatMistake(mistake));
        if (result.ok) {
          const none = result.contracts.namespaces.size === 0 ? ", but no contract file either" : "";
          terminal.note(`no mistakes${none}; hash ${result.contracts.hash}`);
        }
      }
      context.exit(result.ok ? EXIT.ok : EXIT.failed);
    });
  addContractOutputs(contracts, context);
  addContractsDiff(contracts, context);
}
