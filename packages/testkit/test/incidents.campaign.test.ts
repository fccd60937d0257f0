/** The rehearsed incidents of the operations book, walked as they are written, each on a cluster of its own. */

import { join } from "node:path";
import { test } from "vitest";
import { makeCheckout, processPath, runDoc } from "../src/docs/index.ts";
import { REPOSITORY, tempFolder } from "../src/index.ts";

const INCIDENTS = ["redis-failover", "notifier-poison", "edge-memory"];
/** Away from those of the guides. */
const FIRST_PORT = 22_000;

test.each(INCIDENTS.map((name, i) => ({ name, basePort: FIRST_PORT + i * 1_000 })))(
  "$name",
  async ({ name, basePort }) => {
    const checkout = join(tempFolder("incident"), "rollcall");
    await using _made = makeCheckout(checkout, basePort);
    const file = join(REPOSITORY, "docs/operations/incidents", `${name}.md`);
    await runDoc({ file, cwd: checkout, env: processPath(), basePort, timeoutMs: 90_000 });
  },
);
