import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY, replaced } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CONTROLS } from "./controls.ts";

it.each(CONTROLS)("$control: stands once where the list of controls says", (control) => {
  const text = readFileSync(join(REPOSITORY, control.file), "utf8");
  expect(replaced(text, control)).not.toBe(text);
  expect(existsSync(join(REPOSITORY, control.test))).toBe(true);
});
