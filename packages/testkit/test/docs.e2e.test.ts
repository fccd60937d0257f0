/**
 * The guides, run as a reader would: each in a checkout of its own with its own ports, all at the same time. What they
 * say is printed must be printed.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeCheckout, processPath, runDoc } from "../src/docs/index.ts";
import { REPOSITORY, tempFolder } from "../src/index.ts";

interface Guide {
  file: string;
  /** Where the reader stands: in the checkout, or in an empty folder beside it. */
  stands: "checkout" | "app";
  basePort: number;
}

const GUIDES: Guide[] = [
  { file: "README.md", stands: "checkout", basePort: 18_000 },
  { file: "examples/support-desk/README.md", stands: "checkout", basePort: 19_000 },
];

describe.concurrent("what it says is true", () => {
  test.each(GUIDES)(
    "$file",
    async ({ file, stands, basePort }) => {
      const folder = tempFolder("guide");
      const checkout = join(folder, "rollcall");
      const app = join(folder, "my-app");
      mkdirSync(app);
      await using _made = makeCheckout(checkout, basePort);
      const options = {
        file: join(REPOSITORY, file),
        cwd: stands === "app" ? app : checkout,
        env: processPath(),
        basePort,
      };
      await expect(runDoc({ ...options, timeoutMs: 90_000 })).resolves.toBeUndefined();
    },
    400_000,
  );
});
