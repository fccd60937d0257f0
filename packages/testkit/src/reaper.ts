/**
 * What this process started goes when it goes, however it goes. A small shell reads from a pipe which children and
 * folders there are; when the pipe ends, and a SIGKILL ends it too, it kills and removes what is left.
 */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/** `+ pid`, `- pid`, `f folder`, a line each. Its own session: a Ctrl-C meant for the test run must not end it first. */
const SCRIPT = `
pids=
while read -r what it; do
  case $what in
    +) pids="$pids $it" ;;
    -) kept=; for pid in $pids; do [ "$pid" = "$it" ] || kept="$kept $pid"; done; pids=$kept ;;
    f) set -- "$@" "$it" ;;
  esac
done
[ -z "$pids" ] || kill -9 $pids
[ $# -eq 0 ] || rm -rf -- "$@"
`;

let reaper: ChildProcessByStdio<Writable, null, null> | undefined;

function tell(line: string): void {
  if (reaper === undefined) {
    reaper = spawn("sh", ["-c", SCRIPT, "reaper"], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    reaper.unref();
    (reaper.stdin as Writable & { unref(): void }).unref();
  }
  reaper.stdin.write(`${line}\n`);
}

export const reap = {
  started: (pid: number) => tell(`+ ${pid}`),
  /** Its number may soon belong to another process. */
  ended: (pid: number) => tell(`- ${pid}`),
  folder: (path: string) => tell(`f ${path}`),
};
