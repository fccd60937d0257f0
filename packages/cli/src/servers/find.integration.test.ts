/** Finding and unpacking servers: real `dpkg` and real packages, made here; `apt-get` is a stand-in without a network. */

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missingPackages } from "./debian.ts";
import { findServer, withPath } from "./find.ts";
import { NATS, REDIS } from "./programs.ts";

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-find-"));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(file: string, text: string): string {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}
const find = (path: string, usualFolders: readonly string[] = []) =>
  findServer(REDIS, {
    env: { ...process.env, PATH: path },
    folder: join(folder, "servers"),
    say: (line) => void said.push(line),
    usualFolders,
  });

test("PATH comes first, then the usual folders, then what was unpacked before", async () => {
  const unpacked = program(join(folder, "servers/bin/redis-server"), "");
  expect(await find("")).toBe(unpacked);
  const usual = program(join(folder, "sbin/redis-server"), "");
  expect(await find("", [join(folder, "sbin")])).toBe(usual);
  const inPath = program(join(folder, "bin/redis-server"), "");
  expect(await find(join(folder, "bin"), [join(folder, "sbin")])).toBe(inPath);
  expect(said).toEqual([]);
});

test("without a package manager it says how to get it by hand", async () => {
  await expect(find(join(folder, "empty"))).rejects.toMatchObject({
    message: "redis-server was not found",
    hint: expect.stringContaining("REDIS_URL=redis://127.0.0.1:6379 ./rollcall up"),
  });
});

test("a folder of servers in PATH never shadows what is before it", () => {
  const path = withPath({ PATH: "/a" }, ["/usr/bin/redis-server", "/usr/sbin/nats-server"]).PATH!.split(delimiter);
  expect(path).toEqual(["/a", "/usr/bin", "/usr/sbin"]);
});

test("only packages that a simulated installation would install are missing", () => {
  const simulation =
    "NOTE: a simulation\nInst redis-tools (5:7.0.15 Debian [amd64])\nConf redis-tools\nInst redis-server (5:7)";
  expect(missingPackages(simulation)).toEqual(["redis-tools", "redis-server"]);
  expect(NATS.debianPackage).toBe("nats-server");
});

describe.runIf(existsSync("/usr/bin/dpkg-deb"))("on Debian", () => {
  /** An `apt-get` whose every answer the test gives; it needs lists of our own when `stale`. */
  function aptGet(options: { stale?: boolean; broken?: boolean }): string {
    const tree = join(folder, "tree");
    program(join(tree, "usr/bin/redis-server"), 'echo "Redis server v=7 $LD_LIBRARY_PATH"');
    mkdirSync(join(tree, "usr/lib/x86_64-linux-gnu"), { recursive: true });
    mkdirSync(join(tree, "DEBIAN"));
    writeFileSync(
      join(tree, "DEBIAN/control"),
      "Package: redis-server\nVersion: 7\nArchitecture: all\nMaintainer: test <t@example.com>\nDescription: test\n",
    );
    const deb = join(folder, "redis-server_7_all.deb");
    execFileSync("dpkg-deb", ["--build", tree, deb], { stdio: "pipe" });
    const refuses = options.broken === true ? "*" : options.stale === true ? "" : "never";
    program(
      join(folder, "apt/apt-get"),
      [
        'own=""; for a in "$@"; do case "$a" in Dir::State::lists=*) own=yes ;; esac; done',
        `case "${refuses}" in never) ;; "*") echo broken >&2; exit 100 ;; *) [ -n "$own" ] || exit 100 ;; esac`,
        `case "$*" in *download*) cp ${deb} . ;; *--simulate*) echo "Inst redis-server (7)" ;; esac`,
      ].join("\n"),
    );
    return [join(folder, "apt"), "/usr/bin", "/bin"].join(delimiter);
  }
  /** The real PATH's own redis-server must not be found: only the tools that unpacking needs. */
  function toolsOnly(path: string): string {
    const tools = join(folder, "tools");
    mkdirSync(tools);
    for (const tool of ["dpkg", "dpkg-deb", "tar", "cp", "sh", "rm", "xz", "zstd", "gzip"]) {
      const real = ["/usr/bin", "/bin"].map((part) => join(part, tool)).find((file) => existsSync(file));
      if (real !== undefined) program(join(tools, tool), `exec ${real} "$@"`);
    }
    return [path.split(delimiter)[0], tools].join(delimiter);
  }

  test.each([{}, { stale: true }])(
    "it unpacks the packages and starts the program with their libraries: %j",
    async (apt) => {
      const found = await find(toolsOnly(aptGet(apt)));
      expect(found).toBe(join(folder, "servers/bin/redis-server"));
      expect(execFileSync(found, { encoding: "utf8" })).toContain("servers/redis-server/usr/lib/x86_64-linux-gnu");
      expect(said[0]).toContain("unpacking Debian's package redis-server");
      expect(said.length).toBe("stale" in apt ? 2 : 1);
    },
  );

  test("a program that is not in the package's usr/bin is started where it is", async () => {
    const path = toolsOnly(aptGet({}));
    const servers = join(folder, "servers");
    const moved = { ...REDIS, debianProgram: "usr/bin/../bin/redis-server" };
    const found = await findServer(moved, {
      env: { ...process.env, PATH: path },
      folder: servers,
      say() {},
      usualFolders: [],
    });
    expect(execFileSync("cat", [found], { encoding: "utf8" })).toContain("servers/redis-server/usr/bin/redis-server'");
  });

  test("a failure says what failed and how to do it by hand", async () => {
    await expect(find(toolsOnly(aptGet({ broken: true })))).rejects.toMatchObject({
      message: expect.stringContaining("unpacking it failed"),
      hint: expect.stringContaining("sudo apt-get install redis-server"),
    });
  });
});
