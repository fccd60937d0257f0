/**
 * Each invariant of presence has tests that name it, of the engine and of real processes; `docs/presence.md` says which.
 * With `UPDATE=1` the page is written.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const PAGE = join(ROOT, "docs/presence.md");
const INVARIANTS = Array.from({ length: 16 }, (_, i) => `P${i + 1}`);

/** The contract's parts count as tests, and so do the faults of the campaign. */
const KINDS = {
  engine: {
    folders: [
      "services/presence/src",
      "services/presence/test",
      "services/edge/src/sessions",
      "services/edge/src/outbound",
    ],
    files: /^(?!.*campaign).*\.test\.ts$|^contract\/\w+\.ts$/,
  },
  processes: {
    folders: ["packages/testkit/test", "services/edge/test", "packages/client/src"],
    files: /\.e2e\.test\.ts$|faults.*\.campaign\.test\.ts$|^faults\/faults\.ts$/,
  },
};

/** Names of the files whose titles carry the id. */
function filesNaming(id: string, { folders, files }: { folders: readonly string[]; files: RegExp }): string[] {
  const title = new RegExp(`["\`](?:\\[\\w+\\] ?)*\\[${id}\\]`);
  const named = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => files.test(name) && title.test(readFileSync(join(ROOT, folder, name), "utf8")))
      .map((name) => basename(name)),
  );
  return [...new Set(named)].toSorted();
}

const row = (id: string): string =>
  `| ${[[id], ...Object.values(KINDS).map((kind) => filesNaming(id, kind).map((name) => `\`${name}\``))].map((cell) => cell.join(", ")).join(" | ")} |`;

test.each(INVARIANTS)("%s is shown by the tests that the guide names", (id) => {
  for (const kind of Object.values(KINDS)) expect(filesNaming(id, kind)).not.toEqual([]);
  if (process.env.UPDATE === "1") {
    writeFileSync(PAGE, readFileSync(PAGE, "utf8").replace(new RegExp(`^\\| ${id} \\|.*$`, "m"), row(id)));
  }
  expect(readFileSync(PAGE, "utf8").split("\n"), "UPDATE=1 writes it").toContain(row(id));
});
