/** The small client of the scenarios, in k6, against a stock server. k6 comes from PATH, or was built by `rollcall loadtest`. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { k6, runProgram } from "./k6.ts";
import { startStockServer } from "./stock-server.ts";

if (k6 === undefined) test("k6 is not to be had here: its client was not run", () => {});
else test("every check of loadtest/test/socket.k6.ts holds", checkAll.bind(undefined, k6));

async function checkAll(k6: string): Promise<void> {
  const server = await startStockServer();
  const script = join(import.meta.dirname, "socket.k6.ts");
  try {
    const { code, output } = await runProgram(k6, ["run", "--no-usage-report", script], { URL: server.url });
    expect(code, output).toBe(0);
  } finally {
    await server.close();
  }
}
