/** The snippets of docs/publishing.md, run as they stand, each where its toolchain is on this machine. */

import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jetstreamManager } from "@nats-io/jetstream";
import { type NatsServer, startNats } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const guide = readFileSync(new URL("../../../docs/publishing.md", import.meta.url), "utf8");
/** In this package, so that its dependencies resolve. */
const folder = mkdtempSync(fileURLToPath(new URL("../.snippets-", import.meta.url)));

const snippet = (language: string) => {
  const text = new RegExp(`^\`\`\`${language} run\\n(.*?)^\`\`\``, "ms").exec(guide)?.[1];
  if (text === undefined) throw new Error(`docs/publishing.md has no ${language} snippet to run`);
  return text;
};
const has = (command: string, args: string[]) => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const place = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const when = (isThere: boolean) => (isThere ? it : () => {});

describe("docs/publishing.md", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNats();
    const nc = await server.connect();
    await (await jetstreamManager(nc)).streams.add({
      name: "EVENTS",
      subjects: ["events.>"],
      duplicate_window: 100_000_000,
    });
    await nc.close();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.close();
  });

  async function expectPublished(execute: (env: NodeJS.ProcessEnv) => Promise<unknown>): Promise<void> {
    const nc = await server.connect();
    const jsm = await jetstreamManager(nc);
    await jsm.streams.purge("EVENTS");
    await execute({ ...process.env, NATS_URL: server.url });
    const stored = await jsm.streams.getMessage("EVENTS", { last_by_subj: "events.orders.shipped" });
    expect(stored?.json()).toEqual({ order: "4711", customer: "ann" });
    const header = (name: string) => stored?.header.get(name);
    expect(["ce-specversion", "ce-id", "ce-source", "ce-type"].map(header)).toEqual([
      "1.0",
      "4711-shipped",
      "/shop/orders",
      "shop.order.shipped",
    ]);
    await nc.close();
  }

  it("TypeScript", () =>
    expectPublished((env) => run(process.execPath, [place("publish.ts", snippet("ts"))], { env })));

  when(has("python3", ["-c", "import nats"]))("Python", () =>
    expectPublished((env) => run("python3", [place("publish.py", snippet("python"))], { env })),
  );

  // Go and Java fetch their client library from its registry, so only where SNIPPETS_FETCH=1 allows it.
  when(has("go", ["version"]) && process.env.SNIPPETS_FETCH === "1")(
    "Go",
    () =>
      expectPublished(async (env) => {
        const module = join(folder, "go");
        mkdirSync(module);
        writeFileSync(join(module, "main.go"), snippet("go"));
        await run("go", ["mod", "init", "publish"], { cwd: module, env });
        await run("go", ["mod", "tidy"], { cwd: module, env });
        await run("go", ["run", "."], { cwd: module, env });
      }),
    240_000,
  );

  when(has("javac", ["--version"]) && process.env.SNIPPETS_FETCH === "1")(
    "Java",
    () =>
      expectPublished(async (env) => {
        const project = join(folder, "java");
        mkdirSync(project);
        const artifact = "io.nats:jnats:2.21.1";
        const options = { cwd: project, env };
        writeFileSync(join(project, "Publish.java"), snippet("java"));
        writeFileSync(join(project, "pom.xml"), pom(artifact));
        const target = ["-q", "dependency:copy-dependencies", "-DoutputDirectory=lib"];
        await run("mvn", target, options);
        await run("java", ["-cp", "lib/*", "Publish.java"], options);
      }),
    240_000,
  );

  when(has("nats", ["--version"]))("the nats command", () =>
    expectPublished((env) => run("sh", [place("publish.sh", snippet("sh"))], { env })),
  );

  it.each(["ts", "go", "python", "java", "sh"])("has a %s snippet with the whole identity", (language) => {
    const text = snippet(language);
    for (const word of ["4711-shipped", "/shop/orders", "shop.order.shipped"]) expect(text).toContain(word);
  });
});

function pom(artifact: string): string {
  const [group, name, version] = artifact.split(":");
  return `<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<dependencies><dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency></dependencies></project>`;
}
