/**
 * The guides, run as a reader would: each in a checkout of its own with its own ports, two at a time. What they say is
 * printed must be printed.
 */

import { join } from "node:path";
import { describe, test } from "vitest";
import { GUIDES, type Guide, makeApp, makeCheckout, processPath, runDoc } from "../src/docs/index.ts";
import { REPOSITORY, tempFolder } from "../src/index.ts";

const AT_ONCE = 2;

/** By turn: resolves when that guide has been run. */
const turns: Promise<void>[] = [];

describe.concurrent("what it says is true", () => {
  test.each(GUIDES.map((guide, turn) => ({ ...guide, turn })))(
    "$file",
    async ({ turn, ...guide }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      turns[turn] = promise;
      await turns[turn - AT_ONCE];
      await run(guide).finally(resolve);
    },
    600_000,
  );
});

async function run({ file, stands, basePort }: Guide): Promise<void> {
  const folder = tempFolder("guide");
  const checkout = join(folder, "rollcall");
  const app = join(folder, "my-app");
  makeApp(app);
  await using _made = makeCheckout(checkout, basePort);
  const cwd = stands === "app" ? app : checkout;
  await runDoc({ file: join(REPOSITORY, file), cwd, env: processPath(), basePort, timeoutMs: 90_000 });
}
