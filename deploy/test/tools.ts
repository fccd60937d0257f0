/**
 * Programs that only campaigns need: from PATH, else built once with Go, or unpacked from its module proxy and PyPI,
 * into `.rollcall/deploy`. What is built is said; where Go is missing too, so is that.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
const STATE = join(ROOT, ".rollcall/deploy");

const PACKAGES = {
  helm: "helm.sh/helm/v4/cmd/helm@v4.3.1",
  kubeconform: "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
} as const;
export type Tool = keyof typeof PACKAGES;

/** The path of that program. */
export function tool(name: Tool): string {
  const folders = [join(STATE, "bin"), ...(process.env.PATH ?? "").split(delimiter)];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  process.stderr.write(`${name} is not in PATH: building ${PACKAGES[name]} (minutes, once)\n`);
  run("go", ["install", PACKAGES[name]], { GOBIN: join(STATE, "bin") });
  return join(STATE, "bin", name);
}

/** The folder of a Go module's sources, with its documents and CRDs. */
export function goModule(module: string): string {
  const cwd = folder("modules");
  const { Dir } = JSON.parse(run("go", ["mod", "download", "-json", module], { GOFLAGS: "-mod=mod" }, cwd)) as {
    Dir: string;
  };
  return Dir;
}

/** The unpacked wheel of a Python package; nothing of it is run. */
export function wheel(requirement: string): string {
  const at = folder(`wheels/${requirement}`);
  if (existsSync(join(at, "done"))) return join(at, "files");
  run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", at, requirement]);
  const [file = ""] = run("find", [at, "-name", "*.whl"]).split("\n");
  run("python3", ["-m", "zipfile", "-e", file, join(at, "files")]);
  mkdirSync(join(at, "done"));
  return join(at, "files");
}

export function folder(name: string): string {
  const path = join(STATE, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}, cwd = ROOT): string {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 1 << 28 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`${command} is missing: install it, or put ${Object.keys(PACKAGES).join(" and ")} into PATH`);
  }
}
