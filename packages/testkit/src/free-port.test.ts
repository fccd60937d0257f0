import { ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "vitest";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

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

test("nor to two processes, while both live", async () => {
  const script = `import { freePort } from ${JSON.stringify(new URL("free-port.ts", import.meta.url).href)};
    for (let i = 0; i < 50; i++) console.log(await freePort());
    console.log("done");
    process.stdin.resume();`;
  const others = Array.from({ length: 3 }, () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += String(chunk);
    });
    return { child, ports: async () => (await waitFor(() => said.includes("done") && said)).match(/\d+/g) ?? [] };
  });
  try {
    const given = (await Promise.all(others.map((other) => other.ports()))).flat();
    ok(given.length === 150 && new Set(given).size === 150, String(given));
  } finally {
    for (const { child } of others) child.kill();
  }
});

test("is none on which somebody listens", async () => {
  const taken = (await freePort()) + 1;
  const server = createServer().listen(taken, "127.0.0.1");
  // Else another process does already.
  await once(server, "listening").catch(() => undefined);
  ok((await freePort()) !== taken);
  server.close();
});
