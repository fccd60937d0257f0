/** Work is counted, not timed: members read of the payload. `bench/refusal.ts` has the times. */

import { expect, test } from "vitest";
import { schemaCompiler } from "../src/compile/schemas.ts";
import { HOSTILE, type Hostile } from "./hostile.ts";

function validatorOf({ schema }: Hostile) {
  const mistakes: string[] = [];
  const { validate } = schemaCompiler().compile(schema, { file: {}, siblings: new Map() }, (pointer, message) =>
    mistakes.push(`${pointer} ${message}`),
  );
  expect(mistakes).toEqual([]);
  return validate;
}

/** `value`, and how often something in it has been read. */
function counted(value: unknown): { value: unknown; reads: () => number } {
  let reads = 0;
  const wrap = (inner: unknown): unknown =>
    typeof inner !== "object" || inner === null
      ? inner
      : new Proxy(inner, {
          get: (target, name, receiver) => {
            reads++;
            return wrap(Reflect.get(target, name, receiver));
          },
          ownKeys: (target) => {
            const keys = Reflect.ownKeys(target);
            reads += keys.length;
            return keys;
          },
        });
  return { value: wrap(value), reads: () => reads };
}

test.each(HOSTILE)("$name: refused, and twice the bytes are twice the work", (hostile) => {
  const validate = validatorOf(hostile);
  const [small, large] = [4_096, 8_192].map((bytes) => {
    const payload = counted(JSON.parse(hostile.text(bytes)));
    const issues = validate(payload.value);
    expect(issues?.length, "refused, with few words").toBeGreaterThan(0);
    expect(JSON.stringify(issues).length).toBeLessThan(2_000);
    return payload.reads();
  });
  expect(large!).toBeLessThanOrEqual(2.2 * small! + 50);
});
