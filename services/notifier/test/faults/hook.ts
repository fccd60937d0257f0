/**
 * Where the fallbacks of a fault run go: answers as it is told, and remembers what it took, as a receiver that drops
 * what comes again under a `webhook-id` it knows.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { FallbackBody } from "@rollcall/contracts";
import { systemClock } from "@rollcall/runtime";
import { keyOf } from "../../src/fallback/jobs.ts";

export async function startHook() {
  const known = new Set<string>();
  /** Each event taken for a recipient, alone or in a digest. */
  const taken = new Set<string>();
  let status = 200;
  let delayMs = 0;
  const server = createServer((request, response) => {
    const key = String(request.headers["webhook-id"]);
    const reply = (body: FallbackBody) => {
      if (status < 300 && !known.has(key)) {
        known.add(key);
        const { tenant, user, digest = [body] } = body;
        for (const { id } of digest) taken.add(keyOf({ tenant, namespace: "/", user, mid: id }));
      }
      response.writeHead(status).end();
    };
    text(request).then(
      (json) => {
        const body = JSON.parse(json) as FallbackBody;
        if (delayMs > 0) systemClock.setTimer(delayMs, () => reply(body));
        else reply(body);
      },
      () => response.destroy(), // who sent it has died
    );
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
