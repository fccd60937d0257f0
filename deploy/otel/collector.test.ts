import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { parse } from "yaml";

test("the pipelines of collector.yaml use what it defines, and all of it", () => {
  const config = parse(readFileSync(join(import.meta.dirname, "collector.yaml"), "utf8")) as {
    [kind: string]: Record<string, unknown>;
    service: { extensions: string[]; pipelines: Record<string, Record<string, string[]>> };
  };
  const { extensions, pipelines } = config.service;
  const used = (kind: string) => Object.values(pipelines).flatMap((pipeline) => pipeline[kind] ?? []);
  for (const kind of ["receivers", "processors", "exporters"]) {
    deepEqual(new Set(used(kind)), new Set(Object.keys(config[kind]!)), kind);
  }
  deepEqual(extensions, Object.keys(config.extensions!));
});
