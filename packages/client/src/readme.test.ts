import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as react from "./react/index.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = read("../README.md");

describe("README.md", () => {
  it("shows the examples that the compiler checks", () => {
    const shown = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text!);
    const checked = ["example", "inbox"].map((name) => read(`../test/readme-${name}.ts`));
    expect(checked.map((text, i) => text.slice(0, shown[i]?.length))).toEqual(shown);
  });

  it("names every hook", () => {
    for (const name of Object.keys(react)) expect(readme).toContain(`\`${name}`);
  });
});

describe("SPEC.md", () => {
  it("has a test for every rule", () => {
    const rules = [...read("./SPEC.md").matchAll(/\*\*([A-Z]\d+)\*\*/g)].map(([, id]) => id);
    const files = [
      "fold",
      "follow",
      "session",
      "client",
      "requests",
      "room",
      "room-sync",
      "room-state",
      "presence",
      "inbox",
    ];
    const tests = files.map((file) => read(`./${file}.test.ts`)).join("");
    expect(rules.filter((id) => !tests.includes(`[${id}]`))).toEqual([]);
  });
});
