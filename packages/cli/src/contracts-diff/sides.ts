/**
 * What OLD and NEW stand for: a file or folder; `REF:path` as git writes it; or a ref alone, which means the other side's
 * path there, and when both sides are refs the contract files that `up` would load.
 */

import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, posix, relative, resolve, sep } from "node:path";
import { checkSources, isContractFileName, type LoadResult, loadContracts } from "@rollcall/contracts";
import { contractPaths } from "../cluster/contract-paths.ts";
import type { Context } from "../context.ts";
import { type Git, openGit, topOf, unreadable } from "./git.ts";

type Place = Pick<Context, "cwd" | "env" | "home">;

/** Mistakes and places name files as git shows them: `main:shop/orders.yaml`. */
export interface Sides {
  old: LoadResult;
  next: LoadResult;
  /** The file from the top of its repository, for annotations: GitHub reads their paths from there. */
  workFile(file: string): string;
}

type Meant = { kind: "disk"; path: string } | { kind: "git"; ref: string; path: string } | { kind: "ref"; ref: string };

export async function readSides(oldText: string, nextText: string, place: Place): Promise<Sides> {
  let opened: Git | undefined;
  const git = () => (opened ??= openGit(place.cwd, place.env));
  const [old, next] = [meaningOf(oldText), meaningOf(nextText)];
  const prefixes = [old, next].flatMap((one) => (one.kind === "disk" ? [] : [`${one.ref}:`]));
  const results = { old: await read(old, next, git, place), next: await read(next, old, git, place) };
  if (old.kind === "ref" && next.kind === "ref" && isEmpty(results.old) && isEmpty(results.next)) {
    throw unreadable("neither ref has the contract files that `up` loads", `name yours: ${old.ref}:path`);
  }
  const tops = new Map<string, string | undefined>();
  return {
    ...results,
    workFile(file) {
      const prefix = prefixes.find((each) => file.startsWith(each));
      return prefix === undefined ? fromTop(resolve(place.cwd, file), place.env, tops) : file.slice(prefix.length);
    },
  };
}

/** As it is when no repository holds the file. */
function fromTop(file: string, env: Place["env"], tops: Map<string, string | undefined>): string {
  const real = existsSync(file) ? realpathSync(file) : file;
  const folder = dirname(real);
  if (!tops.has(folder)) tops.set(folder, topOf(folder, env));
  const top = tops.get(folder);
  return top === undefined ? file : relative(top, real).split(sep).join(posix.sep);
}

const isEmpty = (result: LoadResult) => result.ok && result.catalogue.namespaces.length === 0;

function meaningOf(text: string): Meant {
  if (existsSync(text)) return { kind: "disk", path: text };
  const colon = text.indexOf(":");
  return colon < 0
    ? { kind: "ref", ref: text }
    : { kind: "git", ref: text.slice(0, colon), path: text.slice(colon + 1) };
}

async function read(one: Meant, other: Meant, git: () => Git, place: Place): Promise<LoadResult> {
  if (one.kind === "disk") return loadContracts([one.path]);
  if (one.kind === "git") return readGit(git(), one.ref, [fromRoot(git(), one.path, place.cwd)], true);
  if (other.kind === "disk") return readGit(git(), one.ref, [pathInGit(git(), other.path)], true);
  if (other.kind === "git") return readGit(git(), one.ref, [fromRoot(git(), other.path, place.cwd)], true);
  const paths = contractPaths([], place).map((path) => pathInGit(git(), path));
  // A folder of contract files may be newer than the older ref.
  return readGit(git(), one.ref, paths, false);
}

function readGit(git: Git, ref: string, paths: readonly string[], areRequired: boolean): LoadResult {
  const commit = git.commit(ref);
  if (commit === undefined) {
    throw unreadable(`${ref} is no file or folder here, and no commit that git knows`, "a shallow clone may lack it");
  }
  const files = paths.flatMap((path) => {
    const found = git.files(commit, path, (each) => each === path || isContractFileName(each));
    if (found === undefined && areRequired) throw unreadable(`${ref} has no ${path === "" ? "files" : path}`);
    return found ?? [];
  });
  return checkSources(files.map(({ path, text }) => ({ file: `${ref}:${path}`, text })));
}

/** As git reads it: from the top, or from here when it begins with `./` or `../`. */
function fromRoot(git: Git, path: string, cwd: string): string {
  if (/^\.\.?(?:\/|$)/.test(path)) return pathInGit(git, resolve(cwd, path));
  return path.replace(/\/+$/, "");
}

function pathInGit(git: Git, path: string): string {
  const real = existsSync(path) ? realpathSync(path) : path;
  const inside = relative(git.root, resolve(real));
  if (inside.startsWith("..") || isAbsolute(inside)) throw unreadable(`${path} is not in the repository ${git.root}`);
  return inside.split(sep).join(posix.sep);
}
