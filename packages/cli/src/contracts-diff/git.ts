/** Files as git has them, read by id and with bounds; nothing is checked out and nothing is written. */

import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import type { Env } from "@rollcall/runtime";
import { CliError, EXIT } from "../context.ts";

export interface GitFile {
  /** From the top of the repository. */
  path: string;
  text: string;
}

export interface Git {
  /** The top of the repository. */
  readonly root: string;
  /** The id of the commit that a ref names; undefined when it names none. */
  commit(ref: string): string | undefined;
  /** Regular files at or below a path (`""`: all) that are wanted; undefined when nothing is there. */
  files(commit: string, path: string, isWanted: (path: string) => boolean): GitFile[] | undefined;
}

export const MAX_GIT_FILES = 1_000;
export const MAX_GIT_BYTES = 64 * 1024 * 1024;
const MAX_LISTING_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

interface Blob {
  path: string;
  id: string;
  bytes: number;
}

type Run = (args: readonly string[], input?: string) => { ok: boolean; stdout: Buffer; why: string };

function runner(cwd: string, env: Env): Run {
  return (args, input) => {
    const { status, stdout, stderr, error } = spawnSync("git", ["--literal-pathspecs", ...args], {
      cwd,
      env: { ...env, LC_ALL: "C" },
      input,
      maxBuffer: MAX_LISTING_BYTES + MAX_GIT_BYTES,
      timeout: TIMEOUT_MS,
    });
    if (error !== undefined) throw unreadable(`git cannot be run: ${error.message}`);
    return { ok: status === 0, stdout, why: stderr.toString().split("\n")[0] ?? "" };
  };
}

/** The top of the repository that holds a folder; undefined when none does. */
export function topOf(folder: string, env: Env): string | undefined {
  const { ok, stdout } = runner(folder, env)(["rev-parse", "--show-toplevel"]);
  return ok ? realpathSync(stdout.toString().trimEnd()) : undefined;
}

export function openGit(cwd: string, env: Env): Git {
  const run = runner(cwd, env);
  const must = (args: readonly string[], input?: string): Buffer => {
    const { ok, stdout, why } = run(args, input);
    if (!ok) throw unreadable(`git ${args[0]!} failed: ${why}`);
    return stdout;
  };

  const root = topOf(cwd, env);
  if (root === undefined) throw unreadable(`${cwd} is in no git repository`);
  return {
    root,
    commit(ref) {
      // The suffix also keeps it from being taken for an option.
      const { ok, stdout } = run(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`]);
      return ok ? stdout.toString().trimEnd() : undefined;
    },
    files(commit, path, isWanted) {
      const listing = must(["ls-tree", "-r", "-l", "-z", "--full-tree", commit, ...(path === "" ? [] : ["--", path])]);
      if (listing.length === 0) return undefined;
      const blobs = blobsIn(listing.toString()).filter((blob) => isWanted(blob.path));
      const bytes = blobs.reduce((sum, blob) => sum + blob.bytes, 0);
      if (blobs.length > MAX_GIT_FILES || bytes > MAX_GIT_BYTES) {
        throw unreadable(
          `${path === "" ? "the repository" : path} holds ${blobs.length} such files of ${bytes} bytes`,
          `at most ${MAX_GIT_FILES} files of ${MAX_GIT_BYTES} bytes are read: name the folder of the contract files`,
        );
      }
      const ids = blobs.map(({ id }) => `${id}\n`).join("");
      return blobs.length === 0 ? [] : contentsOf(blobs, must(["cat-file", "--batch"], ids));
    },
  };
}

/** `<mode> <type> <id> <bytes>\t<path>\0`; links and submodules are left out, as when a folder is read. */
function blobsIn(listing: string): Blob[] {
  return listing.split("\0").flatMap((line) => {
    const match = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(line);
    return match === null ? [] : [{ id: match[1]!, bytes: Number(match[2]), path: match[3]! }];
  });
}

/** `<id> blob <bytes>\n<content>\n` for each. */
function contentsOf(blobs: readonly Blob[], output: Buffer): GitFile[] {
  let at = 0;
  return blobs.map(({ path, bytes }) => {
    const start = output.indexOf("\n", at) + 1;
    at = start + bytes + 1;
    return { path, text: output.toString("utf8", start, start + bytes) };
  });
}

export const unreadable = (message: string, hint?: string): CliError =>
  new CliError(message, { exitCode: EXIT.usage, ...(hint === undefined ? {} : { hint }) });
