import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { CONTROLS } from "./controls.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

it.each(CONTROLS)("$control: stands once where the list of controls says", ({ file, from, to, test }) => {
  expect(readFileSync(`${root}${file}`, "utf8").split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
  expect(existsSync(`${root}${test}`)).toBe(true);
});
