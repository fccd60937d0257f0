import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const DOC = join(import.meta.dirname, "../docs/architecture.md");
const walks = readFileSync(DOC, "utf8")
  .split(/^## Six walks.*$/m)[1]!
  .split(/^## /m)[0]!;
const titled = walks.split(/^### /m).slice(1);

interface Named {
  name: string;
  file: string;
}

/** Links whose text is a name in code. */
const linksOf = (text: string): Named[] =>
  [...text.matchAll(/\[`([^`]+)`\]\(([^)#]+\.(?:ts|lua))\)/g)].map(([, name, path]) => ({
    name: name!,
    file: join(dirname(DOC), path!),
  }));

/** Does the text define it, whatever kind of thing it is? `a.b`: both do, or Lua's `function a.b`. */
function defines(text: string, name: string): boolean {
  if (new RegExp(`(?:function\\*? ${name}\\b|^${name} = function)`, "m").test(text)) return true;
  return name
    .split(".")
    .every((part) =>
      new RegExp(
        `\\b(?:function\\*?|class|const|interface|type|local)\\s+(?:\\w+\\.)?${part}\\b` +
          `|^ +(?:async |readonly |get )*${part}(?:<[^>]*>)?(?:\\(| = )`,
        "m",
      ).test(text),
    );
}

const sources = new Map<string, string>();
function sourceOf(file: string): string {
  const text = sources.get(file) ?? readFileSync(file, "utf8");
  sources.set(file, text);
  return text;
}

test("the table of packages names each of them", () => {
  const [table] = readFileSync(DOC, "utf8").split(/^## /m);
  const packages = globSync("packages/*", { cwd: join(import.meta.dirname, "..") });
  expect([...table!.matchAll(/`(packages\/\w+)`/g)].map(([, name]) => name).toSorted()).toEqual(packages.toSorted());
});

test("there are six walks, each with a picture and its steps", () => {
  expect(titled.map((walk) => walk.split("\n")[0])).toEqual([
    "A join",
    "A relay with history",
    "A state patch",
    "An edge's death",
    "A domain event to a room",
    "A durable event to an absent user",
  ]);
  for (const walk of titled) expect(walk).toMatch(/```mermaid\nsequenceDiagram[\s\S]+```\n\n1\. /);
});

test.each(linksOf(walks))("$name is defined where its link leads", ({ name, file }) => {
  expect(existsSync(file), file).toBe(true);
  expect(defines(sourceOf(file), name), `${name} in ${file}`).toBe(true);
});

describe("what the pictures name", () => {
  const pictures = titled.map((walk) => ({ title: walk.split("\n")[0]!, walk }));
  test.each(pictures)("$title: each file is linked in the text, and defines the names before it", ({ walk }) => {
    const picture = /```mermaid\n([\s\S]+?)```/.exec(walk)![1]!;
    const linked = linksOf(walks).map(({ file }) => file);
    const named = [...picture.matchAll(/((?:[\w.]+, )*[\w.]+) \(([\w-]+\.(?:ts|lua))\)/g)];
    expect(named.length).toBeGreaterThan(5);
    for (const [, names, file] of named) {
      const files = linked.filter((path) => basename(path) === file);
      expect(files, `${file} is linked`).not.toEqual([]);
      for (const name of names!.split(", ")) {
        expect(
          files.some((path) => defines(sourceOf(path), name)),
          `${name} in ${file}`,
        ).toBe(true);
      }
    }
  });
});
