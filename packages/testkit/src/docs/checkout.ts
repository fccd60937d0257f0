/**
 * A checkout for a guide's reader: links to the sources, a `.rollcall/` that nobody else uses, and a `./rollcall` whose
 * `up` stays away from the ports that others may have. What runs in it ends with it.
 */

import { execFile } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { processEnv } from "@rollcall/runtime";
import { REPOSITORY } from "../service-process.ts";

/** Its own program, because it finds its checkout by where it stands; the examples, because a guide may change them. */
const COPIED = ["packages/cli", "examples"];
const LINKED = ["services", "node_modules", "package.json"];

/** A guide's environment: programs and nothing that points to other clusters. */
export function processPath(): Record<string, string> {
  const { PATH = "", HOME = "/" } = processEnv();
  return {
    PATH: `${dirname(process.execPath)}:${PATH}`,
    HOME,
    LANG: "C.UTF-8",
    // Else npx may add a line about a newer npm.
    npm_config_update_notifier: "false",
    NODE_COMPILE_CACHE: join(REPOSITORY, ".rollcall/compile-cache"),
  };
}

/** The folder of an app, with what its reader installs: `npm install socket.io-client typescript @types/node`. */
export function makeApp(folder: string): void {
  const modules = join(folder, "node_modules");
  for (const inside of ["@types", ".bin"]) mkdirSync(join(modules, inside), { recursive: true });
  const installed = { "socket.io-client": "packages/testkit", typescript: ".", "@types/node": "." };
  for (const [name, holder] of Object.entries(installed)) {
    symlinkSync(realpathSync(join(REPOSITORY, holder, "node_modules", name)), join(modules, name));
  }
  symlinkSync("../typescript/bin/tsc", join(modules, ".bin/tsc"));
}

export function makeCheckout(root: string, basePort: number): AsyncDisposable {
  mkdirSync(join(root, "packages"), { recursive: true });
  for (const part of LINKED) symlinkSync(join(REPOSITORY, part), join(root, part));
  for (const name of readdirSync(join(REPOSITORY, "packages"))) {
    const part = join("packages", name);
    if (!COPIED.includes(part)) symlinkSync(join(REPOSITORY, part), join(root, part));
  }
  for (const part of COPIED)
    cpSync(join(REPOSITORY, part), join(root, part), { recursive: true, verbatimSymlinks: true });
  const program = join(root, "rollcall");
  writeFileSync(
    program,
    `#!/usr/bin/env bash
[[ $1 != up ]] || set -- "$@" --base-port ${basePort}
exec node "$(dirname -- "$(readlink -f -- "$0")")/packages/cli/src/main.ts" "$@"
`,
  );
  chmodSync(program, 0o755);
  return {
    async [Symbol.asyncDispose]() {
      const isRunning = existsSync(join(root, ".rollcall/state.json"));
      if (isRunning) await promisify(execFile)(program, ["down"], { env: processPath() });
    },
  };
}
