/** The page's server: Vite, and the one request the page makes of it. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { isName } from "@rollcall/contracts";
import { createServer, type Plugin } from "vite";

export interface BoardOptions {
  /** 0 takes a free one. */
  port: number;
  tokenFor(user: string): Promise<string>;
  /** Names of edges to their URLs, as of now. */
  edges(): Record<string, string>;
}

export interface BoardPage {
  url: string;
  close(): Promise<void>;
}

/** Serves until it is closed, on 127.0.0.1 only: it gives a token to whoever asks. Rejects when the port is taken. */
export async function serveBoard({ port, tokenFor, edges }: BoardOptions): Promise<BoardPage> {
  const server = await createServer({
    configFile: join(import.meta.dirname, "vite.config.ts"),
    plugins: [entrance(tokenFor, edges)],
    server: { host: "127.0.0.1", port, strictPort: port !== 0 },
    logLevel: "error",
    clearScreen: false,
  });
  try {
    await server.listen();
  } catch (cause) {
    await server.close();
    throw cause;
  }
  return { url: server.resolvedUrls?.local[0] ?? `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** `GET /api/session?user=` -> `{ user, token, edges }`: what a page needs to come in. */
function entrance(tokenFor: BoardOptions["tokenFor"], edges: BoardOptions["edges"]): Plugin {
  const answer = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    const user = new URL(request.url ?? "/", "http://localhost").searchParams.get("user");
    if (!isName("user", user)) return [400, "user: 1 to 128 letters, digits, or _.:@|~+=-"];
    return [200, { user, token: await tokenFor(user), edges: edges() }];
  };
  const send = (response: ServerResponse, status: number, body: unknown) => {
    const isText = typeof body === "string";
    response.writeHead(status, {
      "content-type": isText ? "text/plain" : "application/json",
      "cache-control": "no-store",
    });
    response.end(isText ? body : JSON.stringify(body));
  };
  return {
    name: "rollcall-entrance",
    configureServer({ middlewares }) {
      middlewares.use("/api/session", (request, response) => {
        answer(request).then(
          ([status, body]) => send(response, status, body),
          (error: unknown) => send(response, 503, error instanceof Error ? error.message : String(error)),
        );
      });
    },
  };
}
