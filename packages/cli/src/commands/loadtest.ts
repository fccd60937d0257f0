/**
 * `loadtest`: a k6 scenario of `loadtest/scenarios` against the cluster of this folder, or against any other. Its exit code
 * is k6's: 0, or 99 when an objective was missed.
 */

import { spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { basename, join, resolve } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { DEFAULT_TENANT } from "@rollcall/contracts";
import type { Command } from "commander";
import { useBus } from "../bus/connect.ts";
import { contractPaths, loadOrExplain } from "../cluster/contract-paths.ts";
import { identify } from "../cluster/identity.ts";
import { runningCluster } from "../cluster/running.ts";
import { readState } from "../cluster/state.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { type Door, openDoor } from "../loadtest/door.ts";
import { findK6 } from "../loadtest/k6.ts";
import { makePublisher } from "../loadtest/publisher.ts";
import { openSlowReader, type ReaderTarget } from "../loadtest/slow-reader.ts";
import { signTokens } from "../loadtest/tokens.ts";
import { repeated, wholeNumber } from "../options.ts";

interface Flags {
  profile: string;
  edge?: string[];
  tokens?: string;
  publishUrl?: string;
  out?: string;
  quiet?: true;
}

interface DoorFlags {
  nats?: string;
  creds?: string;
  port: number;
}

/** What a scenario needs to know. */
interface Target {
  EDGE_URLS: string;
  TOKENS: string;
  PUBLISH_URL: string;
}

/** Each a file of `loadtest/scenarios`. Named here so that every other command need not look. */
export const SCENARIOS = [
  ...["connect", "presence", "fanout", "state", "notifications"],
  ...["storm", "deploy", "chaos", "abuse", "soak"],
];

export function addLoadtest(program: Command, context: Context): void {
  program
    .command("loadtest")
    .summary("k6 scenarios with objectives, against the cluster of this folder or any other")
    .description(
      "Prints progress, then each objective with what was measured. Writes <scenario>-<profile>.json and .html into\n" +
        "--out. Exit 99: an objective was missed, and the last line names it.\n" +
        "--edge and --tokens (of `token --count N --out F`) name another cluster; see docs/operations/load.md.",
    )
    .argument("<scenario>", `${SCENARIOS.join(", ")}; or door, which only serves`)
    .option("--profile <name>", "how large: smoke, small, medium, large", "smoke")
    .option("--edge <url>", "edge of another cluster, may be repeated", repeated)
    .option("--tokens <file>", "tokens for it: a JSON array of { user, token }")
    .option("--publish-url <url>", "door that publishes for it: what `loadtest door` prints")
    .option("--nats <url>", "with door: NATS to publish to (default: NATS_URL, else the cluster of this folder)")
    .option("--creds <file>", "with door: NATS credentials")
    .option("--port <n>", "with door: port to listen on; 0 takes a free one", wholeNumber(0, 65_535), 0)
    .option("--out <folder>", "where results go (default: .rollcall/loadtest)")
    .option("--quiet", "no progress")
    .action(async (scenario: string, flags: Flags & DoorFlags) => {
      if (scenario === "door") return withDoor(flags, context, (door) => serveDoor(door, context));
      context.exit(await loadtest(scenario, flags, context));
    });
}

async function loadtest(scenario: string, flags: Flags, context: Context): Promise<number> {
  const { home, env, cwd, terminal } = context;
  const { profile } = flags;
  const users = usersOf(home.root, scenario, profile);
  const k6 = await findK6({ env, folder: join(home.folder, "k6"), say: terminal.note });
  const out = resolve(cwd, flags.out ?? join(home.folder, "loadtest"));
  mkdirSync(out, { recursive: true });

  const run = (target: Target) =>
    runK6(k6, join(home.root, "loadtest/scenarios", `${scenario}.ts`), flags.quiet === true, {
      ...env,
      ...target,
      PROFILE: profile,
      OUT: out,
      K6_NO_USAGE_REPORT: "true",
    });
  let code: number;
  if (flags.edge !== undefined) {
    if (flags.tokens === undefined) throw new CliError("--edge needs --tokens", { exitCode: EXIT.usage });
    const tokens = resolve(cwd, flags.tokens);
    code = await run({ EDGE_URLS: flags.edge.join(","), TOKENS: tokens, PUBLISH_URL: flags.publishUrl ?? "" });
  } else {
    const { status } = runningCluster(context);
    const edges = status.components.flatMap(({ kind, url }) => (kind === "edge" && url !== undefined ? [url] : []));
    // Its own users: scenarios that run beside each other must not meet.
    const tokens = join(home.folder, `loadtest-tokens-${scenario}.json`);
    const names = Array.from({ length: users }, (_, i) => `load-${scenario}-${i + 1}`);
    writeFileSync(tokens, `${JSON.stringify(await signTokens(names, context))}\n`, { mode: 0o600 });
    code = await withDoor({ port: 0 }, context, ({ url }) =>
      run({ EDGE_URLS: edges.join(","), TOKENS: tokens, PUBLISH_URL: url }),
    );
  }
  terminal.note(`results: ${join(out, `${scenario}-${profile}`)}.{json,html}`);
  return code;
}

/**
 * Every virtual user keeps much that lives long (members, ids), which Go's collector by default goes through whenever as much
 * was made anew: over a third of k6's time, which then misses from the server's. Up to half of the memory it may grow first.
 */
const collectorOf = (memoryBytes: number) => ({ GOGC: "400", GOMEMLIMIT: String(Math.floor(memoryBytes / 2)) });

/** Ctrl-C reaches k6 by itself, as it is in the same group; it then ends with its summary. */
async function runK6(k6: string, script: string, quiet: boolean, env: Context["env"]): Promise<number> {
  const interrupts = listenForInterrupts();
  try {
    // Of several at once each has its own.
    const args = ["run", "--address", "127.0.0.1:0", ...(quiet ? ["--quiet"] : []), script];
    const child = spawn(k6, args, { env: { ...collectorOf(totalmem()), ...env }, stdio: "inherit" });
    void interrupts.first.then((signal) => signal === "SIGINT" || child.kill(signal));
    return await new Promise<number>((done, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => done(code ?? EXIT.failed));
    });
  } finally {
    interrupts.dispose();
  }
}

async function withDoor<T>(flags: DoorFlags, context: Context, use: (door: Door) => Promise<T>): Promise<T> {
  const { home, env, cwd, clock, random } = context;
  const contracts = await loadOrExplain(readState(home.state)?.contracts ?? contractPaths([], { home, env, cwd }));
  const { port, ...access } = flags;
  return useBus({ ...access, tenant: DEFAULT_TENANT }, context, async ({ nc, jetStream }) => {
    const js = jetstream(nc, jetStream);
    const publish = makePublisher({ js, contracts, tenant: DEFAULT_TENANT, clock, random });
    const edges = () =>
      (readState(home.state)?.status.components ?? []).flatMap(({ kind, name, url, ready, pid }) =>
        kind === "edge" && url !== undefined ? [{ name, url, ready, pid }] : [],
      );
    const signal = (pid: number, name: "SIGKILL" | "SIGTERM") => {
      // A recorded pid may by now be another process.
      const recorded = readState(home.state)?.processes.find((process) => process.pid === pid);
      if (recorded === undefined || identify(pid)?.started !== recorded.started) {
        throw new CliError(`process ${pid} has ended`);
      }
      process.kill(pid, name);
    };
    const openReader = (target: ReaderTarget) => openSlowReader(target, { clock, random });
    const door = await openDoor({ publish, edges, signal, openReader }, random.id(), port);
    try {
      return await use(door);
    } finally {
      await door.close();
    }
  });
}

async function serveDoor({ url }: Door, { terminal }: Context): Promise<void> {
  terminal.out(url);
  const interrupts = listenForInterrupts();
  await interrupts.first;
  interrupts.dispose();
}

const profilesOf = (root: string): string[] =>
  globSync("loadtest/profiles/*.json", { cwd: root })
    .map((file) => basename(file, ".json"))
    .toSorted();

/** How many users a scenario needs: each client is one. */
export function usersOf(root: string, scenario: string, profile: string): number {
  const file = join(root, "loadtest/profiles", `${basename(profile)}.json`);
  if (!existsSync(file)) {
    throw new CliError(`there is no profile ${profile}`, {
      hint: `There are: ${profilesOf(root).join(", ")}`,
      exitCode: EXIT.usage,
    });
  }
  const sizes = (JSON.parse(readFileSync(file, "utf8")) as Record<string, { vus: number; clients: number }>)[scenario];
  if (sizes === undefined) {
    throw new CliError(`there is no scenario ${scenario}`, {
      hint: `There are: ${SCENARIOS.join(", ")}`,
      exitCode: EXIT.usage,
    });
  }
  return sizes.vus * sizes.clients;
}
