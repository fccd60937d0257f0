/** Each invariant of presence has a test that names it, and `docs/presence.md` says which files hold them. */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const FOLDERS = ["services/presence/src", "services/presence/test", "services/edge/src/sessions"];
const INVARIANTS = Array.from({ length: 16 }, (_, i) => `P${i + 1}`);

/** Names of the files whose titles carry the id; the contract's parts count as tests. */
function filesNaming(id: string): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.test\.ts$|^contract\/\w+\.ts$/.test(name) && !name.includes("campaign"))
      .map((name) => join(ROOT, folder, name)),
  );
  const title = new RegExp(`["\`](?:\\[\\w+\\])*\\[${id}\\]`);
  const named = files.filter((file) => title.test(readFileSync(file, "utf8"))).map((file) => basename(file));
  return [...new Set(named)].toSorted();
}

const documented = (id: string): string[] | undefined =>
  new RegExp(`^\\| ${id} \\| (.*) \\|$`, "m")
    .exec(readFileSync(join(ROOT, "docs/presence.md"), "utf8"))?.[1]
    ?.split(", ")
    .map((name) => name.replaceAll("`", ""));

test.each(INVARIANTS)("%s is shown by the tests that the guide names", (id) => {
  const files = filesNaming(id);
  expect(files.length).toBeGreaterThan(0);
  expect(documented(id)).toEqual(files);
});
