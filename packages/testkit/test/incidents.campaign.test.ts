/** The rehearsed incidents of the operations book, walked as they are written, each on a cluster of its own. */

import { join } from "node:path";
import { test } from "vitest";
import { INCIDENTS, makeCheckout, processPath, runDoc } from "../src/docs/index.ts";
import { REPOSITORY, tempFolder } from "../src/index.ts";

test.each(INCIDENTS)("$file", async ({ file, basePort }) => {
  const checkout = join(tempFolder("incident"), "rollcall");
  await using _made = makeCheckout(checkout, basePort);
  await runDoc({ file: join(REPOSITORY, file), cwd: checkout, env: processPath(), basePort, timeoutMs: 240_000 });
});
