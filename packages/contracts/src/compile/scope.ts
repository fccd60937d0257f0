/** What every declaration of one file is built with. */

import type { JsonSchema } from "../catalogue.ts";
import type { Mistake, Validator } from "../contract.ts";
import { pointerOf } from "../pointer.ts";
import { formatDuration, parseDuration, parseRate } from "./quantities.ts";
import type { ReferenceScope } from "./references.ts";
import { type CompiledSchema, REFUSE_ALL, type SchemaCompiler } from "./schemas.ts";
import type { Source } from "./source.ts";

interface DurationLimits {
  min?: number;
  max: number;
  /** Whose limit `max` is; default the server's. */
  of?: string;
}

export class BuildScope {
  readonly source: Source;
  readonly mistakes: Mistake[];
  readonly #compiler: SchemaCompiler;
  readonly #references: ReferenceScope;
  readonly #schemas = new Map<string, JsonSchema>();

  constructor(source: Source, siblings: ReadonlyMap<string, unknown>, compiler: SchemaCompiler, mistakes: Mistake[]) {
    this.source = source;
    this.mistakes = mistakes;
    this.#compiler = compiler;
    this.#references = { file: source.value, siblings };
  }

  report(pointer: string, message: string): void {
    this.mistakes.push(this.source.mistake(pointer, message));
  }

  schema(pointer: string, schema: unknown): CompiledSchema {
    const compiled = this.#compiler.compile(schema, this.#references, (inner, message) =>
      this.report(pointer + inner, message),
    );
    this.#schemas.set(pointer, compiled.schema as JsonSchema);
    return compiled;
  }

  /** What {@link schema} made at `pointer`, without references. */
  schemaAt(pointer: string): JsonSchema {
    return this.#schemas.get(pointer) ?? true;
  }

  /** Milliseconds in `[min, max]`; a mistake otherwise. */
  duration(pointer: string, value: unknown, { min = 0, max, of }: DurationLimits): number {
    const ms = parseDuration(value);
    if (ms === undefined) this.report(pointer, "must be a time such as 500ms, 30s, 24h or 7d");
    else if (ms < min) this.report(pointer, `must be at least ${formatDuration(min)}`);
    else if (ms > max) this.report(pointer, `is above ${of ?? "the server's limit"} of ${formatDuration(max)}`);
    return ms ?? 0;
  }

  rate(pointer: string, value: unknown, maxPerSecond: number): { perSecond: number } {
    const perSecond = parseRate(value);
    if (perSecond === undefined) this.report(pointer, "must be a rate such as 30/s or 10/m");
    else if (perSecond > maxPerSecond) this.report(pointer, `is above the server's limit of ${maxPerSecond}/s`);
    return { perSecond: perSecond ?? 1 };
  }

  examples(pointer: string, examples: readonly unknown[] | undefined, validate: Validator): void {
    if (validate === REFUSE_ALL) return;
    for (const [i, example] of (examples ?? []).entries()) {
      const [issue] = validate(example) ?? [];
      if (issue === undefined) continue;
      const at = pointer + pointerOf("examples", i);
      this.report(at, `does not validate: ${issue.pointer || "it"} ${issue.message}`);
    }
  }
}
