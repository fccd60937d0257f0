/**
 * `./rollcall test campaign snippets`: the snippets of docs/publishing.md in every language whose toolchain is on this
 * machine; what they import comes from the registries of their languages.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { run, type Snippets, snippet, startSnippets } from "./snippets.ts";

const NATS_PY = "nats-py==2.16.0";
const JNATS = { group: "io.nats", name: "jnats", version: "2.21.1" };
const NATS_CLI = "github.com/nats-io/natscli/nats@v0.5.1";

const has = (command: string) => {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

describe("docs/publishing.md", () => {
  let snippets: Snippets;
  beforeAll(async () => {
    snippets = await startSnippets();
  });
  afterAll(() => snippets.close());

  /** A missing toolchain shows in the title. */
  function language(name: string, tools: string[], test: () => Promise<void>): void {
    const missing = tools.filter((tool) => !has(tool));
    if (missing.length === 0) it(`publishes from ${name} as it says`, test);
    else it(`does not show ${name}: this machine has no ${missing.join(", ")}`, () => {});
  }

  language("TypeScript", [], async () => {
    const { place, env, expectPublished } = snippets;
    const file = place("publish.ts", snippet("ts"));
    await expectPublished(() => run(process.execPath, [file], { env }));
  });

  language("Python", ["python3"], async () => {
    const { folder, place, env, expectPublished } = snippets;
    const packages = join(folder, "python");
    await run("python3", ["-m", "pip", "install", "--quiet", "--target", packages, NATS_PY], { env });
    const file = place("publish.py", snippet("python"));
    await expectPublished(() => run("python3", [file], { env: { ...env, PYTHONPATH: packages } }));
  });

  language("Go", ["go"], async () => {
    const { folder, env, expectPublished } = snippets;
    const cwd = join(folder, "go");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "main.go"), snippet("go"));
    for (const args of [
      ["mod", "init", "publish"],
      ["mod", "tidy"],
      ["build", "-o", "publish", "."],
    ]) {
      await run("go", args, { cwd, env });
    }
    await expectPublished(() => run(join(cwd, "publish"), [], { env }));
  });

  language("Java", ["java", "mvn"], async () => {
    const { folder, env, expectPublished } = snippets;
    const cwd = join(folder, "java");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "Publish.java"), snippet("java"));
    writeFileSync(join(cwd, "pom.xml"), pom());
    await run("mvn", ["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], { cwd, env });
    await expectPublished(() => run("java", ["-cp", "lib/*", "Publish.java"], { cwd, env }));
  });

  language("the nats command", has("nats") ? [] : ["go"], async () => {
    const { folder, place, env, expectPublished } = snippets;
    if (!has("nats")) await run("go", ["install", NATS_CLI], { env: { ...env, GOBIN: folder } });
    const file = place("publish.sh", snippet("sh"));
    await expectPublished(() => run("sh", [file], { env: { ...env, PATH: `${folder}${delimiter}${env.PATH}` } }));
  });
});

function pom(): string {
  const { group, name, version } = JNATS;
  return `<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<dependencies><dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency></dependencies></project>`;
}
