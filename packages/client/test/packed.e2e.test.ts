/** The package as an app gets it: packed, unpacked into an empty folder, compiled against and imported. */

import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY, tempFolder } from "@rollcall/testkit";
import { beforeAll, expect, test } from "vitest";

const PACKAGE = join(REPOSITORY, "packages/client");
const app = tempFolder("packed");
const installed = join(app, "node_modules/@rollcall/client");

/** What it prints, and rejects with that when it fails. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd: app }).catch((error) => {
    throw new Error(`${program} ${args.join(" ")}\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

/** The command of the example in the README; the rest of it is in `contracts`. */
const TICKETS = `
rollcall: 1
namespace: /
commands:
  ticket:reply:
    payload: { type: object }
    reply: { type: object, required: [ticket], properties: { ticket: { type: string } } }
    subject: commands.ticket.reply
`;

const tsc = (...args: string[]) => run(join(REPOSITORY, "node_modules/.bin/tsc"), "-p", app, ...args);

beforeAll(async () => {
  await run("pnpm", "--dir", PACKAGE, "pack", "--pack-destination", app);
  const [tarball] = globSync("*.tgz", { cwd: app });
  mkdirSync(installed, { recursive: true });
  await run("tar", "-xzf", tarball!, "-C", installed, "--strip-components=1");
  const stock = realpathSync(join(PACKAGE, "node_modules/socket.io-client"));
  symlinkSync(stock, join(app, "node_modules/socket.io-client"));
  mkdirSync(join(app, "node_modules/@types"));
  symlinkSync(realpathSync(join(PACKAGE, "node_modules/@types/react")), join(app, "node_modules/@types/react"));
  const cli = join(REPOSITORY, "packages/cli/src/main.ts");
  writeFileSync(join(app, "tickets.yaml"), TICKETS);
  await run("node", cli, "contracts", "types", "--out", "events.ts", join(PACKAGE, "test/contracts"), "tickets.yaml");
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  // Less than our own settings have, and more: an app has its own.
  const compilerOptions = { strict: true, noEmit: true, noImplicitReturns: true, target: "es2022", types: [] };
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
  const shown = readFileSync(join(PACKAGE, "test/readme-example.ts"), "utf8").replace(
    "./board.contract.ts",
    "./events.js",
  );
  writeFileSync(
    join(app, "app.ts"),
    `${shown}
import { fromJoin } from "@rollcall/client/fold";
import { useRoom } from "@rollcall/client/react";
export { fromJoin, useRoom };
`,
  );
});

test("npm can install it: it depends on published packages alone, and no source is in it", () => {
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  expect(dependencies).toEqual({ "socket.io-client": expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  expect(globSync("**/*.ts", { cwd: installed }).filter((path) => !path.endsWith(".d.ts"))).toEqual([]);
});

test.each([
  ["Node", ["--module", "nodenext"]],
  ["a bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
])("an app for %s compiles against it, its declarations included", async (_what, args) => {
  await tsc(...args);
});

test("a mistake of the app does not compile", async () => {
  writeFileSync(join(app, "app.ts"), 'import { createClient } from "@rollcall/client";\ncreateClient({ url: 7 });\n');
  await expect(tsc("--module", "nodenext")).rejects.toThrow("app.ts(2,16): error TS");
});

test("plain JavaScript imports it", async () => {
  const script =
    'for (const part of ["", "/fold"]) console.log(Object.keys(await import("@rollcall/client" + part)).join());';
  expect(await run("node", "--input-type=module", "--eval", script)).toBe(
    "RollcallError,createClient,unchanged\nHISTORY_KEPT,addPage,canonical,fromJoin,haveOf,isWhole,reduce\n",
  );
});
