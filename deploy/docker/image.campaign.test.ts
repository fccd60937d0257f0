/**
 * The images themselves, built from the Dockerfile by buildah and run as the chart runs them: as 65532, without
 * privileges to gain, on a root that is read-only but for /tmp. `./rollcall test campaign image`; needs root and buildah,
 * and a base: BASE_IMAGE, by default the one that build.sh takes.
 */

import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildInfo } from "@rollcall/runtime";
import { startChild, tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { NODE_FLAGS } from "../../loadtest/bench/src/servers/baseline-process.ts";
import { serveAndStop } from "./serve.ts";
import { PROGRAMS, type Program, writeTree } from "./tree.ts";

const NAMES = Object.keys(PROGRAMS) as Program[];
const BASE = process.env.BASE_IMAGE ?? "gcr.io/distroless/nodejs24-debian12:nonroot";
const RUN_AS = "65532";
const COMMIT = buildInfo().commit ?? "unknown";
const context = tempFolder("images");
const scratch = tempFolder("scratch");
const logFile = (name: string) => join(context, `${name}.log`);
const logOf = (name: string) => readFileSync(logFile(name), "utf8");
const undo: (() => Promise<unknown>)[] = [];

interface Config {
  User: string;
  Env: string[];
  Entrypoint: string[];
  WorkingDir: string;
  Labels: Record<string, string>;
}
interface Built {
  /** Where its files are. */
  root: string;
  config: Config;
}
const built = {} as Record<Program, Built>;

function buildah(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync("buildah", args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (error !== undefined || process.getuid?.() !== 0) {
    throw new Error("buildah and root are needed: apt-get install buildah, and sudo ./rollcall test campaign image");
  }
  equal(status, 0, `buildah ${args.join(" ")}\n${stderr}`);
  return stdout.trim();
}

beforeAll(() => {
  chmodSync(scratch, 0o755);
  for (const name of NAMES) writeTree(name, join(context, name));
  for (const name of NAMES) {
    const image = `localhost/rollcall-${name}:campaign`;
    const args = [`BASE_IMAGE=${BASE}`, "VERSION=campaign", `COMMIT=${COMMIT}`].flatMap((arg) => ["--build-arg", arg]);
    const flags = ["--quiet", ...args, "--file", join(import.meta.dirname, "Dockerfile")];
    buildah("bud", ...flags, "--target", name, "--tag", image, context);
    const { OCIv1 } = JSON.parse(buildah("inspect", "--type", "image", image)) as { OCIv1: { config: Config } };
    const container = buildah("from", "--pull-never", image);
    undo.push(async () => [buildah("rm", container), buildah("rmi", image)]);
    built[name] = { root: buildah("mount", container), config: OCIv1.config };
  }
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

/** Shares nothing with this process but the network, /proc, /dev and the folder of inputs; one process all the way. */
const CONFINE = `set -eu
root=$1 scratch=$2; shift 2
image_path=$PATH; PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount --bind "$root" "$root"
mkdir -p "$root/proc" "$root/dev" "$root/tmp"
mount -t tmpfs -o size=16m,mode=1777 tmpfs "$root/tmp"
mkdir -p "$root$scratch"
mount --bind "$scratch" "$root$scratch"
mount -o remount,bind,ro "$root$scratch"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
setpriv=$(command -v setpriv) chroot=$(command -v chroot)
PATH=$image_path exec "$setpriv" --no-new-privs "$chroot" --userspec=${RUN_AS}:${RUN_AS} --groups=${RUN_AS} "$root" "$@"`;

/** Its entry point, or a script instead of it, in that image. */
function start(program: Program, env: Record<string, string>, script?: string) {
  const { root, config } = built[program];
  const given = Object.fromEntries(config.Env.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const entry = script === undefined ? config.Entrypoint : ["node", script];
  const args = ["--mount", "/bin/sh", "-c", CONFINE, "confine", root, scratch, ...entry];
  return startChild({
    command: "/usr/bin/unshare",
    args,
    env: { ...given, ...env },
    cwd: "/",
    logFile: logFile(script === undefined ? program : `${program}-probe`),
  });
}

describe.each(NAMES)("the image of %s", (name) => {
  test("runs its program as nobody in particular, from the files of root", () => {
    const { config, root } = built[name];
    equal(config.User, `${RUN_AS}:${RUN_AS}`);
    equal(config.Labels["org.opencontainers.image.revision"], COMMIT);
    const flags = name === "edge" ? NODE_FLAGS : [];
    deepEqual(config.Entrypoint, ["node", ...flags, `/app/${PROGRAMS[name]}`]);
    const owned = spawnSync("find", [join(root, "app"), "!", "-uid", "0", "-o", "-perm", "/o+w", "!", "-type", "l"]);
    equal(String(owned.stdout), "");
  });

  test("cannot write outside /tmp, nor become anybody else", async () => {
    const script = join(scratch, "probe.mjs");
    writeFileSync(
      script,
      `import { readFileSync, writeFileSync } from "node:fs";
      for (const path of ["/app/x", "/etc/x", "/x", "/tmp/x"]) {
        try { writeFileSync(path, ""); console.log(path, "written"); } catch ({ code }) { console.log(path, code); }
      }
      const status = readFileSync("/proc/self/status", "utf8");
      console.log(process.getuid(), process.getgroups().join(), /CapEff:\\s*0+\\n/.test(status), /NoNewPrivs:\\s*1/.test(status));`,
    );
    const child = await start(name, {}, script);
    deepEqual(await child.exited, { code: 0, signal: null }, logOf(`${name}-probe`));
    match(
      logOf(`${name}-probe`),
      new RegExp(`/app/x EROFS\n/etc/x EROFS\n/x EROFS\n/tmp/x written\n${RUN_AS} ${RUN_AS} true true`),
    );
  });
});

test("they are ready, serve the smoke test with its trace, and stop with 0", () =>
  serveAndStop({ scratch, start, logOf }, undo));
