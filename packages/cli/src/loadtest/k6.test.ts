import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findK6, K6_MODULE } from "./k6.ts";

const root = mkdtempSync(join(tmpdir(), "rollcall-k6-"));
afterAll(() => rmSync(root, { recursive: true }));

function program(folder: string, name: string): string {
  mkdirSync(join(root, folder), { recursive: true });
  const file = join(root, folder, name);
  writeFileSync(file, "");
  chmodSync(file, 0o755);
  return file;
}

test("the one in PATH comes before the one built earlier", async () => {
  const [own, built] = [program("own", "k6"), program("built", "k6")];
  const find = (path: string) =>
    findK6({ env: { PATH: path }, folder: join(root, "built"), say: expect.unreachable, build: expect.unreachable });
  expect(await find(join(root, "own"))).toBe(own);
  expect(await find(join(root, "empty"))).toBe(built);
});

test("with Go it is built once, and that is said", async () => {
  const go = program("go", "go");
  const said: string[] = [];
  const folder = join(root, "new");
  const find = () =>
    findK6({
      env: { PATH: join(root, "go") },
      folder,
      say: (line) => void said.push(line),
      build: async (used, into) => {
        expect([used, into]).toEqual([go, folder]);
        program("new", "k6");
      },
    });
  expect(await find()).toBe(join(folder, "k6"));
  expect(await find()).toBe(join(folder, "k6"));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(K6_MODULE);
});

test("a build that fails says why and what to do by hand", async () => {
  program("go", "go");
  const failed = findK6({
    env: { PATH: join(root, "go") },
    folder: join(root, "never"),
    say: () => {},
    build: async () => {
      throw new Error("no network");
    },
  });
  await expect(failed).rejects.toMatchObject({
    message: "k6 was not found, and building it failed: no network",
    hint: expect.stringContaining("brew install k6"),
  });
});
