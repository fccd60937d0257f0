/** `docs/client-api.md`: what the client exports, with the comments of its declarations. Bodies are left out. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "oxc-parser";

const SOURCES = join(import.meta.dirname, "../../packages/client/src");
const ENTRIES: readonly [title: string, file: string][] = [
  ["@rollcall/client", "index.ts"],
  ["@rollcall/client/react", "react/index.ts"],
  ["@rollcall/client/fold", "fold.ts"],
];

interface Node {
  type: string;
  start: number;
  end: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tree of a parser, of which few members are read
  [field: string]: any;
}

interface Module {
  text: string;
  body: Node[];
  /** The comment that ends right before this place. */
  commentBefore(start: number): string;
}

const modules = new Map<string, Module>();
function moduleOf(file: string): Module {
  const known = modules.get(file);
  if (known) return known;
  const text = readFileSync(join(SOURCES, file), "utf8");
  const { program, comments } = parseSync(file, text);
  const made: Module = {
    text,
    body: program.body as unknown as Node[],
    commentBefore(start) {
      const found = comments.findLast(({ end }) => end <= start);
      const isOf = found?.value.startsWith("*") && text.slice(found.end, start).trim() === "";
      return isOf && found ? `${text.slice(found.start, found.end)}\n` : "";
    },
  };
  modules.set(file, made);
  return made;
}

/** `[module, name]` of everything an entry exports, in its order; a name of `*` is all of that module. */
function exportsOf(file: string): [file: string, name: string][] {
  return moduleOf(file).body.flatMap((node): [string, string][] => {
    if (node.type === "ExportAllDeclaration") return exportsOf(node.source.value.slice(2));
    if (node.type !== "ExportNamedDeclaration") return [];
    if (node.declaration) return namesOf(node.declaration).map((name) => [file, name]);
    return node.specifiers.map(({ exported }: Node) => [node.source.value.slice(2), exported.name]);
  });
}

const namesOf = (declaration: Node): string[] =>
  declaration.declarations?.map(({ id }: Node) => id.name) ?? [declaration.id.name];

function shown(file: string, name: string): string {
  const { text, body, commentBefore } = moduleOf(file);
  const found = body.find(({ declaration }) => declaration && namesOf(declaration).includes(name));
  if (!found) throw new Error(`${file} does not declare ${name}`);
  const { declaration, start } = found;
  return `${commentBefore(start)}${text.slice(declaration.start, endOf(declaration)).trimEnd()}${tailOf(declaration)}`;
}

/** Where the words end that a user of it needs. */
function endOf(declaration: Node): number {
  if (declaration.type === "FunctionDeclaration") return declaration.body.start;
  const arrow = declaration.declarations?.[0]?.init;
  if (arrow?.type === "ArrowFunctionExpression") return arrow.body.start;
  const constructed = declaration.body?.body?.find?.(({ kind }: Node) => kind === "constructor");
  return constructed ? constructed.value.body.start : declaration.end;
}
function tailOf(declaration: Node): string {
  if (declaration.type === "ClassDeclaration") return ";\n}";
  if (declaration.type === "FunctionDeclaration") return ";";
  return declaration.declarations?.[0]?.init?.type === "ArrowFunctionExpression" ? " …" : "";
}

export function clientApiPage(): string {
  const parts = ENTRIES.flatMap(([title, entry]) => {
    const blocks: string[] = [];
    let file = "";
    for (const [module, name] of exportsOf(entry)) {
      if (module !== file && module !== entry) {
        const intro = /^\/\*\*\s*([\s\S]*?)\s*\*\//.exec(moduleOf(module).text)?.[1] ?? "";
        blocks.push(`### ${module.replace(/\.ts$/, "")}`, intro.replaceAll(/\n \* ?/g, "\n").trim());
      }
      file = module;
      blocks.push(`\`\`\`ts\n${shown(module, name)}\n\`\`\``);
    }
    return [`## \`${title}\``, ...blocks];
  });
  return `${[
    "# The client's API",
    "Written from the sources of [`packages/client`](../packages/client/README.md) by `node scripts/generate-docs.ts`; what to do with it is told there.",
    ...parts,
  ].join("\n\n")}\n`;
}
