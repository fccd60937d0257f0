/**
 * Programs of Debian and Ubuntu packages without root and without touching the system: apt works out which packages are
 * missing here and downloads them, dpkg unpacks them into a folder, and a small script starts the program with their
 * libraries.
 */

import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Env } from "@rollcall/runtime";
import type { ServerProgram } from "./programs.ts";

export interface UnpackOptions {
  env: Env;
  folder: string;
  /** Told each thing that is done. */
  say: (line: string) => void;
}

const run = promisify(execFile);
/** Lists of packages may have to be fetched first, over a slow line. */
const TIMEOUT_MS = 300_000;
const MAX_OUTPUT = 16 * 1024 * 1024;

export function canUnpack(env: Env): boolean {
  const folders = (env.PATH ?? "").split(delimiter);
  return ["apt-get", "dpkg"].every((tool) => folders.some((folder) => existsSync(join(folder, tool))));
}

/** The path of a script that runs the program. Safe to repeat after a failure. */
export async function unpackServer(program: ServerProgram, options: UnpackOptions): Promise<string> {
  const { env, folder } = options;
  const work = join(folder, `unpacking-${program.name}`);
  const root = join(folder, program.name);
  rmSync(work, { recursive: true, force: true });
  const packages = join(work, "packages");
  mkdirSync(packages, { recursive: true });
  await download(program.debianPackage, packages, ownLists(work), options);
  for (const file of readdirSync(packages)) {
    await run("dpkg", ["-x", join(packages, file), join(work, "root")], { env: { ...env }, timeout: TIMEOUT_MS });
  }
  rmSync(root, { recursive: true, force: true });
  renameSync(join(work, "root"), root);
  rmSync(work, { recursive: true, force: true });

  const places = [program.debianProgram ?? join("usr/bin", program.name), join("usr/sbin", program.name)];
  const binary = places.map((place) => join(root, place)).find((file) => existsSync(file));
  if (binary === undefined) throw new Error(`the package ${program.debianPackage} has no ${program.name}`);
  const script = join(folder, "bin", program.name);
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeFileSync(script, startScript(binary, libraryFolders(root), ownFonts(root)));
  chmodSync(script, 0o755);
  await run(script, ["--version"], { env: { ...env }, timeout: TIMEOUT_MS });
  return script;
}

/** The system's own package lists first; when they are missing or outdated, lists of our own. */
async function download(name: string, into: string, own: readonly string[], options: UnpackOptions): Promise<void> {
  const { env, say } = options;
  try {
    await downloadWith([], name, into, env);
  } catch {
    say("the system's package lists do not serve: fetching lists of our own");
    await apt([...own, "update"], into, env);
    await downloadWith(own, name, into, env);
  }
}

async function downloadWith(options: readonly string[], name: string, into: string, env: Env): Promise<void> {
  const plan = await apt([...options, "install", "--simulate", "--no-install-recommends", name], into, env);
  const names = missingPackages(plan);
  if (names.length === 0) throw new Error(`${name} is installed, but its program is not where programs are`);
  await apt([...options, "download", ...names], into, env);
}

async function apt(args: readonly string[], cwd: string, env: Env): Promise<string> {
  const { stdout } = await run(
    "apt-get",
    ["--quiet", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-o", "Acquire::Retries=3", ...args],
    {
      cwd,
      env: { ...env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT,
    },
  );
  return stdout;
}

function ownLists(folder: string): string[] {
  for (const part of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(folder, part), { recursive: true });
  return ["-o", `Dir::State::lists=${join(folder, "lists")}`, "-o", `Dir::Cache=${join(folder, "cache")}`];
}

/** The packages that a simulated installation would install: the program and what it needs and this machine lacks. */
export function missingPackages(simulation: string): string[] {
  return [...simulation.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] as string);
}

/**
 * Folders of shared libraries: `usr/lib`, `lib`, those named after the machine, such as `usr/lib/x86_64-linux-gnu`, and
 * in these the ones that a package has for itself, such as `pulseaudio`.
 */
function libraryFolders(root: string): string[] {
  const foldersIn = (folder: string) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  const hasLibraries = (folder: string) => readdirSync(folder).some((name) => name.includes(".so"));
  return ["usr/lib", "lib"]
    .map((part) => join(root, part))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => {
      const ofMachine = foldersIn(folder).filter((name) => name.includes("-linux-"));
      return [folder, ...ofMachine, ...ofMachine.flatMap(foldersIn).filter(hasLibraries)];
    });
}

/** A machine that lacked fontconfig has no fonts either: what shows text is told of those unpacked with it. */
function ownFonts(root: string): Record<string, string> {
  if (!existsSync(join(root, "etc/fonts"))) return {};
  const file = join(root, "fonts.conf");
  const folders = `<dir>${join(root, "usr/share/fonts")}</dir><cachedir>${join(root, "var/cache/fontconfig")}</cachedir>`;
  writeFileSync(file, `<?xml version="1.0"?>\n<fontconfig>${folders}</fontconfig>\n`);
  return { FONTCONFIG_FILE: file };
}

/** `exec` keeps the pid: what is signalled is the server itself. */
export function startScript(binary: string, libraries: readonly string[], env: Record<string, string> = {}): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  return `#!/bin/sh
${exports.join("")}LD_LIBRARY_PATH=${quoted(libraries.join(":"))}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec ${quoted(binary)} "$@"
`;
}
