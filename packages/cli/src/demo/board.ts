/** `demo board`: a page that two people can open side by side, served by Vite from `examples/board`. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { isName } from "@rollcall/contracts";
import type { Plugin } from "vite";
import { loadOrExplain } from "../cluster/contract-paths.ts";
import { runningCluster } from "../commands/cluster.ts";
import { allCapabilities } from "../commands/token.ts";
import { CliError, type Context } from "../context.ts";
import { tokenSigner } from "../dev-keys.ts";

export interface BoardDemo {
  url: string;
  edges: string[];
  close(): Promise<void>;
}

const DOC = "doc:welcome";
const TOKEN_TTL_MS = 3_600_000;

/** Serves until it is closed, on 127.0.0.1 only: it gives a token to whoever asks. */
export async function startBoardDemo({ port }: { port: number }, context: Context): Promise<BoardDemo> {
  const { home, clock } = context;
  const state = runningCluster(context);
  const contracts = await loadOrExplain(state.contracts);
  if (contracts.namespaces.get("/")?.room(DOC) === undefined) {
    throw new CliError("the contracts of this cluster declare no room doc:*", {
      hint: "./rollcall down, then ./rollcall up without --contracts loads those of the examples.",
    });
  }
  const edgesNow = () =>
    runningCluster(context).status.components.flatMap(({ kind, name, url }): [string, string][] =>
      kind === "edge" && url !== undefined ? [[name, url]] : [],
    );
  const sign = await tokenSigner(home);
  const tokenFor = (user: string) =>
    sign({
      user,
      name: user,
      capabilities: allCapabilities(contracts.operations),
      issuedAtMs: clock.now(),
      ttlMs: TOKEN_TTL_MS,
      ...(state.issuer === undefined ? {} : { issuer: state.issuer }),
      ...(state.audience === undefined ? {} : { audience: state.audience }),
    });

  // Only this command needs it, and every command would load it.
  const { createServer } = await import("vite");
  const server = await createServer({
    configFile: join(home.root, "examples/board/vite.config.ts"),
    plugins: [entrance(tokenFor, edgesNow)],
    server: { host: "127.0.0.1", port, strictPort: port !== 0 },
    logLevel: "error",
    clearScreen: false,
  });
  try {
    await server.listen();
  } catch (cause) {
    await server.close();
    throw new CliError(`port ${port} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "--port names another one.",
      cause,
    });
  }
  return {
    url: server.resolvedUrls?.local[0] ?? `http://127.0.0.1:${port}/`,
    edges: edgesNow().map(([name]) => name),
    close: () => server.close(),
  };
}

/** `GET /api/session?user=` -> `{ user, token, edges }`: what a page needs to come in. */
function entrance(tokenFor: (user: string) => Promise<string>, edgesNow: () => [string, string][]): Plugin {
  const answer = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    const user = new URL(request.url ?? "/", "http://localhost").searchParams.get("user");
    if (!isName("user", user)) return [400, "user: 1 to 128 letters, digits, or _.:@|~+=-"];
    return [200, { user, token: await tokenFor(user), edges: Object.fromEntries(edgesNow()) }];
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
