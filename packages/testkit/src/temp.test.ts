import { ok } from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "vitest";
import { freePort } from "./temp.ts";

const OUTGOING = "/proc/sys/net/ipv4/ip_local_port_range";

test("a free port is none that an outgoing connection may take", async (context) => {
  if (!existsSync(OUTGOING)) return context.skip();
  const [least] = readFileSync(OUTGOING, "utf8").split(/\s/).map(Number);
  const port = await freePort();
  ok(port < least!, `${port}, and outgoing connections are given ${least} and more`);
});

test("is not given twice, to those who ask at once either", async () => {
  const given = await Promise.all(Array.from({ length: 20 }, freePort));
  ok(new Set(given).size === given.length, String(given));
});

test("is none on which somebody listens", async () => {
  const taken = (await freePort()) + 1;
  const server = createServer().listen(taken, "127.0.0.1");
  // Else another process does already.
  await once(server, "listening").catch(() => undefined);
  ok((await freePort()) !== taken);
  server.close();
});
