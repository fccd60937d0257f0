/** The process behind the component `collector`: `node collector-main.ts <port> <folder>`. */

import { startCollector } from "@rollcall/telemetry";

const [port, folder] = process.argv.slice(2);
const collector = await startCollector({ port: Number(port), ...(folder === undefined ? {} : { folder }) });
process.stdout.write(`${JSON.stringify({ event: "service.ready", url: collector.url })}\n`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    collector.close().catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exitCode = 1;
    });
  });
}
