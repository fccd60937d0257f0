/** `contracts types|jsonschema|docs`: what is made from contract files for other programs and for people. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expandPaths, formatMistake, type LoadResult, loadContracts } from "@rollcall/contracts";
import {
  renderAsyncApi,
  renderJsonSchemas,
  renderMarkdown,
  renderPage,
  renderSchemaBundle,
  renderTypes,
} from "@rollcall/contracts/outputs";
import type { Command } from "commander";
import { CliError, type Context, EXIT } from "../context.ts";
import { writeFolder, writeOut } from "../contracts-outputs/folder.ts";

type Loaded = Extract<LoadResult, { ok: true }>;
/** Paths below `out` to texts; a path of "" is `out` itself. */
type Rendered = ReadonlyMap<string, string>;

interface Flags {
  out?: string;
  json?: true;
}

export function addContractOutputs(contracts: Command, context: Context): void {
  const add = (
    name: string,
    summary: string,
    out: string,
    render: (loaded: Loaded, out: string | undefined) => Rendered,
  ) =>
    contracts
      .command(name)
      .summary(summary)
      .argument("<files...>", "files, folders of them, or patterns")
      .option("--out <path>", out)
      .option("--json", "print which files were written, or what is wrong, as JSON")
      .action(async (files: string[], flags: Flags) =>
        produce(context, name, files, flags, (loaded) => render(loaded, flags.out)),
      );

  add("types", "TypeScript for socket.io-client's generics and for publishers", "a .ts file (default: stdout)", types);
  add(
    "jsonschema",
    "JSON Schema 2020-12 of every payload and ack, for other languages",
    "a folder: a document for each, and index.json; or a .json file: all in one (default: stdout)",
    jsonSchemas,
  );
  add("docs", "AsyncAPI 3.0, and the catalogue for people", "a folder (needed)", docs);
}

function types({ catalogue, contracts }: Loaded, out: string | undefined): Rendered {
  if (out !== undefined && (!/\.[mc]?ts$/.test(out) || /\.d\.[mc]?ts$/.test(out))) {
    throw new CliError(`${out} is no name for TypeScript with values: give a .ts file, not a .d.ts`, {
      exitCode: EXIT.usage,
    });
  }
  return new Map([["", renderTypes(catalogue, { hash: contracts.hash })]]);
}

function jsonSchemas({ catalogue, contracts }: Loaded, out: string | undefined): Rendered {
  const { hash } = contracts;
  const inOne = out === undefined || out.endsWith(".json");
  return inOne ? new Map([["", renderSchemaBundle(catalogue, { hash })]]) : renderJsonSchemas(catalogue, { hash });
}

function docs({ catalogue, contracts }: Loaded, out: string | undefined): Rendered {
  if (out === undefined) throw new CliError("say into which folder: --out DIR", { exitCode: EXIT.usage });
  const { hash } = contracts;
  return new Map([
    ["asyncapi.yaml", renderAsyncApi(catalogue, { hash })],
    ["index.html", renderPage(catalogue, { hash })],
    ["catalogue.md", renderMarkdown(catalogue, { hash })],
  ]);
}

async function produce(
  { terminal, cwd, exit }: Context,
  kind: string,
  files: readonly string[],
  { out, json }: Flags,
  render: (loaded: Loaded) => Rendered,
): Promise<void> {
  const missing = expandPaths(files).filter((file) => !existsSync(file));
  if (missing.length > 0) throw new CliError(`no such file or folder: ${missing.join(", ")}`, { exitCode: EXIT.usage });
  const loaded = await loadContracts(files);
  if (!loaded.ok) {
    if (json === true) terminal.json({ ok: false, mistakes: loaded.mistakes, files: [] });
    else for (const mistake of loaded.mistakes) terminal.out(formatMistake(mistake));
    return exit(EXIT.failed);
  }
  const rendered = render(loaded);
  if (out === undefined) {
    for (const text of rendered.values()) terminal.out(text.trimEnd());
    return;
  }
  const whole = rendered.get("");
  const { written, removed } =
    whole === undefined
      ? writeFolder(resolve(cwd, out), kind, rendered)
      : { written: [writeOut(resolve(cwd, out), whole)], removed: [] };
  if (json === true) return terminal.json({ ok: true, mistakes: [], files: written, removed });
  const lines = [...written.map((file) => `wrote ${file}`), ...removed.map((file) => `removed ${file}`)];
  for (const line of lines.slice(0, SHOWN)) terminal.note(line);
  if (lines.length > SHOWN) terminal.note(`and ${lines.length - SHOWN} more`);
}

const SHOWN = 5;
