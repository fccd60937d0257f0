/** A receiver of webhooks that keeps what came and whether its signature is genuine. */

import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Notice {
  genuine: boolean;
  id: string;
  traceparent: string | undefined;
  body: { id: string; event: string; tenant: string; user: string; data: unknown; ts: string };
}

export const SECRET = "whsec_c3VwcG9ydC1kZXNrLXRlc3Qtc2VjcmV0";

export async function startReceiver(): Promise<{ url: string; notices: Notice[] } & AsyncDisposable> {
  const notices: Notice[] = [];
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const id = String(request.headers["webhook-id"]);
      const content = `${id}.${String(request.headers["webhook-timestamp"])}.${text}`;
      const expected = `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
      notices.push({
        genuine: request.headers["webhook-signature"] === expected,
        id,
        traceparent: request.headers.traceparent as string | undefined,
        body: JSON.parse(text),
      });
      response.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    notices,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
