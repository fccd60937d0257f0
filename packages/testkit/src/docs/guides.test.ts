import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../service-process.ts";
import { stepsOf } from "./document.ts";
import { GUIDES, INCIDENTS } from "./guides.ts";

const PLACES = ["*.md", "docs/**/*.md", "examples/*/*.md", "{packages,services,deploy,loadtest}/*/*.md"];

test("every page that shows a console is run", () => {
  const pages = globSync(PLACES, { cwd: REPOSITORY, exclude: (path) => path.includes("node_modules") });
  const showing = pages.filter((page) => stepsOf(readFileSync(join(REPOSITORY, page), "utf8")).length > 0);
  expect(showing.toSorted()).toEqual([...GUIDES, ...INCIDENTS].map(({ file }) => file).toSorted());
});
