/** compose.yaml against the schema of the Compose specification: `./rollcall test deploy compose`. */

import { ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { test } from "vitest";
import { parse } from "yaml";
import { goModule } from "../test/tools.ts";

test("compose.yaml is valid to the Compose specification", () => {
  const module = goModule("github.com/compose-spec/compose-go/v2@v2.9.1");
  const { $schema: _, ...schema } = JSON.parse(
    readFileSync(join(module, "schema/compose-spec.json"), "utf8"),
  ) as Record<string, unknown>;
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  ok(
    validate(parse(readFileSync(join(import.meta.dirname, "compose.yaml"), "utf8"), { merge: true })),
    JSON.stringify(validate.errors),
  );
});
