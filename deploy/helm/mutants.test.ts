import { deepEqual } from "node:assert/strict";
import { test } from "vitest";
import { schemaMutants, templateMutants } from "./mutants.ts";

test("of a template each line goes with what is below it, and blocks go whole or stay", () => {
  const template = ["spec:", "  a: 1", "  {{- if .x }}", "  b:", "    c: 2", "  {{- end }}", "d: 3"];
  const mutants = templateMutants("t.yaml", template.join("\n"));
  deepEqual(
    mutants.map(({ what, mutated }) => [what, mutated.split("\n")]),
    [
      ["t.yaml:1 spec:", ["d: 3"]],
      ["t.yaml:2 a: 1", template.toSpliced(1, 1)],
      ["t.yaml:4 b:", template.toSpliced(3, 2)],
      ["t.yaml:5 c: 2", template.toSpliced(4, 1)],
      ["t.yaml:7 d: 3", template.toSpliced(6, 1)],
    ],
  );
});

test("of a schema each value goes, and each keyword", () => {
  const port = { type: "integer", maximum: 9 };
  const schema = { type: "object", additionalProperties: false, properties: { port } };
  const gone = schemaMutants(schema).map(({ what }) => what);
  deepEqual(gone, [".port", ": type", ": additionalProperties", ".port: type", ".port: maximum"]);
  deepEqual(schemaMutants(schema)[4]!.mutated, { ...schema, properties: { port: { type: "integer" } } });
});
