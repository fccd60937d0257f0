/**
 * Where fallbacks go: a webhook that answers as it is told, and remembers what it was asked and what it took, as a receiver
 * that drops what comes again under a `webhook-id` it knows.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { FallbackBody } from "@rollcall/contracts";
import { systemClock } from "@rollcall/runtime";
import type { Channel } from "../src/fallback/channel.ts";
import { buildChannels, type ChannelParts } from "../src/fallback/channels-file.ts";
import { keyOf } from "../src/fallback/jobs.ts";

interface Asked {
  id: string;
  traceparent: string;
  body: FallbackBody;
}

export async function startHook() {
  const asked: Asked[] = [];
  const known = new Set<string>();
  /** Each event taken for a recipient, alone or in a digest. */
  const taken = new Set<string>();
  let status = 200;
  let delayMs = 0;
  let gate = Promise.resolve();
  const server = createServer((request, response) => {
    const { "webhook-id": id, traceparent } = request.headers;
    const reply = ({ id: key, body }: Asked) => {
      if (status < 300 && !known.has(key)) {
        known.add(key);
        const { tenant, user, digest = [body] } = body;
        for (const { id: mid } of digest) taken.add(keyOf({ tenant, namespace: "/", user, mid }));
      }
      response.writeHead(status).end();
    };
    text(request).then(
      (json) => {
        const one = { id: String(id), traceparent: String(traceparent), body: JSON.parse(json) as FallbackBody };
        asked.push(one);
        if (delayMs > 0) systemClock.setTimer(delayMs, () => reply(one));
        else void gate.then(() => reply(one));
      },
      () => response.destroy(), // who sent it has died
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    taken,
    answer(next: { status?: number; delayMs?: number }) {
      status = next.status ?? status;
      delayMs = next.delayMs ?? delayMs;
    },
    /** No answer until what it returns is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

export type Hook = Awaited<ReturnType<typeof startHook>>;

/** The notifier's way there. */
export const hookChannel =
  (url: string) =>
  (parts: ChannelParts): Map<string, Channel> =>
    buildChannels({ channels: { hook: { type: "webhook", url, secrets: ["whsec_YQ=="], allowPrivate: true } } }, parts);
