/** What launched servers have in common: a port that stays, a folder that stays, and the faults one can do to them. */

import { join } from "node:path";
import { type Child, type ChildOptions, startChild, tail } from "./child.ts";
import { freePort } from "./free-port.ts";
import { removeFolder, tempFolder } from "./temp.ts";
import { waitFor } from "./wait-for.ts";

export interface ServerHandle extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Of the present process: changes with a restart. */
  readonly pid: number;
  /** Its data; kept over restarts, gone after `close`. */
  readonly folder: string;
  readonly logFile: string;
  /** SIGTERM, and the end of the process. */
  stop(): Promise<void>;
  /** SIGKILL, and the end of the process. */
  kill(): Promise<void>;
  /** Same port, same folder; stops it first when it runs. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and silent. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export interface ServerSpec {
  name: string;
  port?: number;
  url(port: number): string;
  command(port: number, folder: string): Pick<ChildOptions, "command" | "args" | "env">;
  /** Throws or is false until the server answers. */
  answers(port: number): Promise<boolean>;
  /** After each start. */
  prepare?(port: number): Promise<void>;
}

const START_TIMEOUT_MS = 15_000;
/** A port that was free may be taken by the time the server binds it. */
const START_ATTEMPTS = 3;

export async function startServer(spec: ServerSpec): Promise<ServerHandle> {
  const folder = tempFolder(spec.name);
  const logFile = join(folder, `${spec.name}.log`);
  for (let attempt = 1; ; attempt++) {
    const port = spec.port ?? (await freePort());
    try {
      return handleOf(spec, port, folder, logFile, await launch(spec, port, folder, logFile));
    } catch (error) {
      if (spec.port === undefined && attempt < START_ATTEMPTS) continue;
      removeFolder(folder);
      throw error;
    }
  }
}

async function launch(spec: ServerSpec, port: number, folder: string, logFile: string): Promise<Child> {
  const child = await startChild({ ...spec.command(port, folder), logFile });
  try {
    await waitFor(() => child.exit() !== undefined || spec.answers(port), {
      timeoutMs: START_TIMEOUT_MS,
      what: `${spec.name} on port ${port}`,
    });
    if (child.exit() !== undefined) throw new Error(`${spec.name} ended while starting`);
    await spec.prepare?.(port);
    return child;
  } catch (cause) {
    await child.end("SIGKILL");
    throw new Error(`${spec.name} did not start:\n${tail(logFile)}`, { cause });
  }
}

function handleOf(spec: ServerSpec, port: number, folder: string, logFile: string, first: Child): ServerHandle {
  let child = first;
  const handle: ServerHandle = {
    url: spec.url(port),
    port,
    folder,
    logFile,
    get pid() {
      return child.pid;
    },
    async stop() {
      await child.end("SIGTERM");
    },
    async kill() {
      await child.end("SIGKILL");
    },
    async restart() {
      await child.end("SIGTERM");
      child = await launch(spec, port, folder, logFile);
    },
    pause: () => child.signal("SIGSTOP"),
    resume: () => child.signal("SIGCONT"),
    async close() {
      await child.end("SIGKILL");
      removeFolder(folder);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
  return handle;
}
