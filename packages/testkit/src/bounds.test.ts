import { boundsConfig, defineConfig, loadConfig } from "@rollcall/runtime";
import { test } from "vitest";
import { SCALED_BOUNDS } from "./bounds.ts";

test("the scaled bounds keep the relations of the real ones", () => {
  loadConfig(defineConfig(boundsConfig), SCALED_BOUNDS);
});
