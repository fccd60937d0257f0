/** Starts a baseline's server as a process and waits until it listens. */

import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { processEnv, systemClock } from "@rollcall/runtime";
import { type Child, freePort, REPOSITORY, startChild, tempFolder, waitFor } from "@rollcall/testkit";
import { Absent } from "../harness/run.ts";

export interface BaselineServer {
  readonly process: Child;
  readonly url: string;
  /** Of centrifuge: what the harness asks. */
  readonly internalUrl: string;
}

/** As every server of a bench is started that holds connections, ours too: the image of the edge has them. */
export const NODE_FLAGS = ["--max-semi-space-size=4"];

/** The stream that the Node baselines read. */
export const BASELINE_STREAM = "bench-log";

/** `stock` or `ws`. */
export async function startNode(
  kind: "stock" | "ws",
  redisUrl: string,
  stack: AsyncDisposableStack,
): Promise<BaselineServer> {
  const file = join(import.meta.dirname, `${kind}-main.ts`);
  return start(stack, kind, (port) => ({
    command: process.execPath,
    args: [...NODE_FLAGS, file, String(port), redisUrl, BASELINE_STREAM],
  }));
}

/** Builds it with the machine's Go when it is not built yet; the binary is kept in `.rollcall/bench`. */
export async function startCentrifuge(redisUrl: string, stack: AsyncDisposableStack): Promise<BaselineServer> {
  const binary = await (built ??= build());
  return start(stack, "centrifuge", (port, internalPort) => ({
    command: binary,
    args: ["-port", String(port), "-internal-port", String(internalPort), "-redis", new URL(redisUrl).host],
  }));
}

let built: Promise<string> | undefined;
async function build(): Promise<string> {
  const folder = join(REPOSITORY, ".rollcall/bench");
  const binary = join(folder, "centrifuge");
  mkdirSync(folder, { recursive: true });
  try {
    // Go knows by itself when nothing is to be done.
    const cwd = join(import.meta.dirname, "../../centrifuge");
    await promisify(execFile)("go", ["build", "-o", binary, "."], { cwd });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new Absent("it needs Go to be built, and go is not in PATH");
    if (!existsSync(binary)) throw new Absent(`it cannot be built: ${String((error as Error).message).slice(0, 300)}`);
  }
  return binary;
}

type Command = (port: number, internalPort: number) => { command: string; args: string[] };
async function start(stack: AsyncDisposableStack, name: string, command: Command): Promise<BaselineServer> {
  const port = await freePort();
  const internalPort = await freePort();
  const env = { PATH: processEnv().PATH, HOME: processEnv().HOME };
  const child = await startChild({
    ...command(port, internalPort),
    env,
    logFile: join(tempFolder(name), `${name}.log`),
  });
  stack.defer(async () => void (await child.end("SIGKILL")));
  await waitFor(() => child.exit() !== undefined || listens(port), { timeoutMs: 30_000, what: `${name} to listen` });
  if (child.exit() !== undefined) throw new Error(`${name} ended while starting`);
  return { process: child, url: `http://127.0.0.1:${port}`, internalUrl: `http://127.0.0.1:${internalPort}` };
}

function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
  systemClock.setTimer(1_000, () => resolve(false));
  return promise.finally(() => socket.destroy());
}
