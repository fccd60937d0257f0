/** `demo board`: a page that two people can open side by side, on the cluster of this folder. */

import { allCapabilities } from "../capabilities.ts";
import { loadOrExplain } from "../cluster/contract-paths.ts";
import { runningCluster } from "../cluster/running.ts";
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

  const edges = () => Object.fromEntries(edgesNow());
  // Only this command needs Vite, and every command would load it.
  const { serveBoard } = await import("@rollcall/example-board");
  try {
    const { url, close } = await serveBoard({ port, tokenFor, edges });
    return { url, close, edges: Object.keys(edges()) };
  } catch (cause) {
    throw new CliError(`port ${port} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "--port names another one.",
      cause,
    });
  }
}
