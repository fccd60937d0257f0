import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { valuesSchema } from "../helm/schema.ts";

const here = import.meta.dirname;
const read = (path: string) => readFileSync(join(here, path), "utf8");
const validate = new Ajv({ strict: false }).compile(valuesSchema());
type Found = {
  spec?: { source?: { helm: { valuesObject: unknown } }; values?: unknown };
  helmCharts?: { valuesInline: unknown }[];
};

const valuesIn = ({ spec, helmCharts = [] }: Found): unknown[] =>
  [spec?.source?.helm.valuesObject, spec?.values, ...helmCharts.map((chart) => chart.valuesInline)].filter(
    (values) => values !== undefined,
  );

test.each(["argocd.yaml", "flux.yaml", "kustomization.yaml"])("%s gives values that the chart takes", (file) => {
  const found = parseAllDocuments(read(file)).flatMap((document) => valuesIn(document.toJS() as Found));
  deepEqual(found.length, 1);
  for (const values of found) ok(validate(values), JSON.stringify(validate.errors));
});

test("the guide's values are ones that the chart takes", () => {
  const guide = read("../../docs/operations/install.md");
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(guide) ?? [];
  ok(validate(parse(yaml)), JSON.stringify(validate.errors));
  ok(yaml.includes("redis:"));
});
