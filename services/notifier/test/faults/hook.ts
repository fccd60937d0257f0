/** Where the fallbacks of a fault run go: answers as it is told, and remembers what it took. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@rollcall/runtime";

export async function startHook() {
  /** How often each notice was taken, by `webhook-id`. */
  const taken = new Map<string, number>();
  let status = 200;
  let delayMs = 0;
  const server = createServer((request, response) => {
    const key = String(request.headers["webhook-id"]);
    const reply = () => {
      if (status < 300) taken.set(key, (taken.get(key) ?? 0) + 1);
      response.writeHead(status).end();
    };
    request.resume().on("end", () => (delayMs > 0 ? systemClock.setTimer(delayMs, reply) : reply()));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken,
    answer(next: { status?: number; delayMs?: number }) {
      status = next.status ?? status;
      delayMs = next.delayMs ?? delayMs;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

export type Hook = Awaited<ReturnType<typeof startHook>>;
