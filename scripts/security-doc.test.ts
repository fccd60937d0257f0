import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

/** All test sources: a title is looked for in their text, as it is written there. */
function sources(): string {
  const files = globSync("{packages,services,deploy}/**/*.test.ts", { cwd: root, exclude: ["**/node_modules/**"] });
  return files.map((file) => readFileSync(`${root}${file}`, "utf8")).join("\n");
}

it("every control that docs/security.md names is shown by a test of that title", () => {
  const doc = readFileSync(`${root}docs/security.md`, "utf8");
  const table = doc.slice(doc.indexOf("## What is defended"), doc.indexOf("## What is not"));
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !/^\| (threat|---)/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  const tests = sources();
  for (const row of rows) {
    const [, threat, , shown] = row.split("|").map((cell) => cell.trim());
    const named = [...shown!.matchAll(/`([^`]+)`/g)].map(([, title]) => title!);
    expect(named.length, `no test shows: ${threat}`).toBeGreaterThan(0);
    for (const title of named) expect(tests.includes(title), `no test is called: ${title}`).toBe(true);
  }
});
