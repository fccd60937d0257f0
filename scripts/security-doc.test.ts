import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

/** All test sources, and the table of bad input that one of them walks: a title is looked for in their text. */
function sources(): string {
  const files = globSync("{packages,services,deploy}/**/{*.test,hostile-cases}.ts", {
    cwd: root,
    exclude: ["**/node_modules/**"],
  });
  return files.map((file) => readFileSync(`${root}${file}`, "utf8")).join("\n");
}

it.each([
  ["What is defended", 15],
  ["Known flaws", 10],
])("what docs/security.md lists under %j is shown by tests of the titles it names", (heading, least) => {
  const doc = readFileSync(`${root}docs/security.md`, "utf8");
  const [, section = ""] = doc.split(`## ${heading}`);
  const table = section.slice(0, section.indexOf("\n## "));
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !/^\| (threat|flaw|---)/.test(line));
  expect(rows.length).toBeGreaterThan(least);
  const tests = sources();
  for (const row of rows) {
    const [, threat, , shown] = row.split("|").map((cell) => cell.trim());
    const named = [...shown!.matchAll(/`([^`]+)`/g)].map(([, title]) => title!);
    expect(named.length, `no test shows: ${threat}`).toBeGreaterThan(0);
    for (const title of named) expect(tests.includes(title), `no test is called: ${title}`).toBe(true);
  }
});
