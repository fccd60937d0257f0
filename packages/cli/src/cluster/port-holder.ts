/** Is a port free, and if not, who holds it: so that a busy port is a message and not a riddle. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** Both, because a listener on one address does not keep every system from handing out the other. */
const HOSTS = ["0.0.0.0", "127.0.0.1"];

export async function isPortFree(port: number): Promise<boolean> {
  for (const host of HOSTS) {
    if (!(await canListen(port, host))) return false;
  }
  return true;
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** `pid 123 (redis-server ...)`, or undefined when it cannot be seen: then it is another user's. */
export function describePortHolder(port: number): string | undefined {
  return process.platform === "linux" ? holderOnLinux(port) : holderByLsof(port);
}

const LISTEN_STATE = "0A";
const MAX_COMMAND = 60;

function holderOnLinux(port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const sockets = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of linesOf(file)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(suffix) && state === LISTEN_STATE) sockets.add(`socket:[${inode}]`);
    }
  }
  if (sockets.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (openFiles(pid).some((target) => sockets.has(target))) return `pid ${pid} (${commandOf(pid)})`;
  }
  return undefined;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(1);
  } catch {
    return []; // no IPv6, or no /proc
  }
}

function openFiles(pid: string): string[] {
  let files: string[];
  try {
    files = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // another user's process, or one that has just ended
  }
  return files.flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim().slice(0, MAX_COMMAND);
  } catch {
    return "ended";
  }
}

function holderByLsof(port: number): string | undefined {
  try {
    const text = execFileSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], {
      encoding: "utf8",
      stdio: "pipe",
    });
    const pid = /^p(\d+)/m.exec(text)?.[1];
    return pid === undefined ? undefined : `pid ${pid} (${/^c(.+)/m.exec(text)?.[1] ?? "unknown"})`;
  } catch {
    return undefined; // no lsof, or it sees nobody
  }
}
