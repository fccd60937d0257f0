/** The small client of the scenarios, in k6, against a stock server. k6 comes from PATH, or was built by `rollcall loadtest`. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "./k6.ts";
import { type StockServer, startStockServer } from "./stock-server.ts";

const built = join(import.meta.dirname, "../../.rollcall/k6/k6");

let server: StockServer;
beforeAll(async () => {
  server = await startStockServer();
});
afterAll(() => server.close());

test("every check of loadtest/test/socket.k6.ts holds", async () => {
  const k6 = existsSync(built) ? built : "k6";
  const script = join(import.meta.dirname, "socket.k6.ts");
  const { code, output } = await runProgram(k6, ["run", "--no-usage-report", script], { URL: server.url });
  expect(code, output).toBe(0);
});
