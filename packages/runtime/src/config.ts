/**
 * Settings: declared once as TypeBox properties, read once from the environment and a file, checked once with their relations.
 * A setting's name is its environment variable. A setting marked secret may instead come from the file that
 * `<NAME>_FILE` names, and is masked wherever settings are printed. An empty value counts as absent.
 */

import type { ErrorCode } from "@rollcall/contracts";
import {
  checkerOf,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  type TUnsafe,
  Type,
} from "@rollcall/contracts/schema";
import type { Env } from "./env.ts";
import { cannotRead, whyUnreadable } from "./readable.ts";
import type { Relation } from "./relations.ts";
import { readSecret } from "./secret-file.ts";
import { withSettingsFile } from "./settings-file.ts";

/** Some settings and what must hold between them. */
export interface ConfigFragment<P extends TProperties = TProperties> {
  readonly properties: P;
  readonly relations?: readonly Relation[];
}

export interface ConfigSchema<P extends TProperties = TProperties> {
  readonly object: TObject<P>;
  readonly relations: readonly Relation[];
}
export type ConfigOf<S extends ConfigSchema> = Readonly<Static<S["object"]>>;

type Merged<F extends readonly ConfigFragment[]> = F extends readonly [
  ConfigFragment<infer P>,
  ...infer Rest extends readonly ConfigFragment[],
]
  ? P & Merged<Rest>
  : unknown;
/** Tells the compiler what `Merged` is: an intersection of properties is again properties. */
type AsProperties<T> = T extends TProperties ? T : never;

/** Joins fragments; a later one may replace a setting of an earlier one, to give it another default. */
export function defineConfig<const F extends readonly ConfigFragment[]>(
  ...fragments: F
): ConfigSchema<AsProperties<Merged<F>>> {
  const properties = Object.assign({}, ...fragments.map(({ properties }) => properties)) as AsProperties<Merged<F>>;
  return { object: Type.Object(properties), relations: fragments.flatMap((fragment) => fragment.relations ?? []) };
}

/** What is wrong with the settings, a line each. Never a value of a secret. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(`settings: ${mistakes.join("; ")}`);
    this.name = "ConfigError";
    this.mistakes = mistakes;
  }
}

export interface SettingOptions<T> {
  default?: T;
  /** One sentence for `docs/configuration.md`. */
  description: string;
  /** What goes beyond it is answered with. */
  code?: ErrorCode;
  /** Services that have it only work together when it is the same in each. */
  same?: true;
}

interface Annotations {
  description?: string;
  code?: ErrorCode;
  same?: true;
  default?: unknown;
  type?: string;
  enum?: readonly string[];
  items?: { enum?: readonly string[] };
  minimum?: number;
  maximum?: number;
  pattern?: string;
  /** Set by the helpers below. */
  setting?: "duration" | "list" | "secret" | "file";
}
const ANNOTATIONS = ["code", "same", "setting"];
const A_DURATION = "must be a duration such as 1500ms, 30s, 5m, 24h or 7d";
const annotationsOf = (schema: TSchema) => schema as TSchema & Annotations;

/** A whole number. Names carry the unit (`..._MS`, `..._BYTES`). */
export const integer = (options: SettingOptions<number> & { minimum?: number; maximum?: number }) =>
  Type.Integer({ minimum: 0, ...options });
export const number = (options: SettingOptions<number> & { minimum?: number; maximum?: number }) =>
  Type.Number({ minimum: 0, ...options });
export const optionalNumber = (
  options: Omit<SettingOptions<number>, "default"> & { minimum?: number; maximum?: number },
) => Type.Optional(Type.Number({ minimum: 0, ...options }));
export const flag = (options: SettingOptions<boolean>) => Type.Boolean({ ...options });
export const text = (options: SettingOptions<string> & { pattern?: string }) => Type.String({ ...options });
export const optionalText = (options: Omit<SettingOptions<string>, "default">) =>
  Type.Optional(Type.String({ ...options }));
/** Path of a file, which a service looks for at its start. */
export const optionalFile = (options: Omit<SettingOptions<string>, "default">) =>
  Type.Optional(Type.String({ ...options, setting: "file" }));
export const oneOf = <const V extends readonly string[]>(
  values: V,
  options: SettingOptions<V[number]>,
): TUnsafe<V[number]> => Type.Unsafe<V[number]>(Type.String({ ...options, enum: [...values] }));
/** Text that is masked when printed and may come from `<NAME>_FILE`. */
export const secret = (options: SettingOptions<string>) => Type.String({ ...options, setting: "secret" });
export const optionalSecret = (options: Omit<SettingOptions<string>, "default">) =>
  Type.Optional(Type.String({ ...options, setting: "secret" }));
/** Comma-separated in the environment. `of`: what may be in it; default anything. */
export const list = ({ of, ...options }: SettingOptions<string[]> & { of?: readonly string[] }) =>
  Type.Array(of === undefined ? Type.String() : Type.String({ enum: [...of] }), { ...options, setting: "list" });
/** `1500ms`, `30s`, `5m`, `24h`, `7d` in the environment, milliseconds in the program. `default` is in milliseconds. */
export const duration = (options: SettingOptions<number> & { minimum?: number; maximum?: number }) =>
  Type.Number({ minimum: 0, ...options, setting: "duration" });

const DURATION_UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, or undefined when `value` is no duration. */
export function parseDurationMs(value: string): number | undefined {
  const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(value);
  return match === null ? undefined : Number(match[1]) * DURATION_UNIT_MS[match[2] as string]!;
}

/**
 * Reads, completes and checks. Throws {@link ConfigError} with every mistake at once; relations are looked at where the
 * settings they are between are good. `files`: those that settings name must be there, which only the process that
 * will read them can say.
 */
export function loadConfig<S extends ConfigSchema>(
  schema: S,
  given: Env,
  { files = false }: { files?: boolean } = {},
): ConfigOf<S> {
  const { env, mistake } = withSettingsFile(given);
  const mistakes: string[] = mistake === undefined ? [] : [mistake];
  const settings: Record<string, unknown> = {};
  const refused = new Set<string>();
  for (const [name, property] of Object.entries(schema.object.properties)) {
    const annotations = annotationsOf(property);
    const { raw, mistake } = rawValue(name, annotations, env);
    if (mistake !== undefined) {
      mistakes.push(mistake);
      refused.add(name);
    }
    const value = raw === undefined ? structuredClone(annotations.default) : fromText(raw, annotations);
    if (value !== undefined) settings[name] = value;
    else if ((schema.object.required as string[] | undefined)?.includes(name)) {
      mistakes.push(`${name} is required`);
      refused.add(name);
    }
  }
  for (const [name, line] of unacceptable(schema, settings)) {
    mistakes.push(line);
    refused.add(name);
  }
  // Without its file nothing is known of what it says.
  const known = mistake === undefined ? schema.relations : [];
  const broken = known.filter(
    (relation) => !relation.between.some((name) => refused.has(name)) && !relation.holds(settings),
  );
  mistakes.push(...broken.map(({ rule, between }) => `${rule} (${shownOf(schema, settings, between)})`));
  if (files) mistakes.push(...unreadable(schema, settings));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.freeze(settings) as ConfigOf<S>;
}

function rawValue(name: string, annotations: Annotations, env: Env): { raw?: string | undefined; mistake?: string } {
  const direct = env[name] === "" ? undefined : env[name];
  const file = annotations.setting === "secret" ? env[`${name}_FILE`] : undefined;
  if (file === undefined || file === "") return { raw: direct };
  if (direct !== undefined) return { mistake: `${name} and ${name}_FILE are both set: keep one` };
  try {
    return { raw: readSecret(file) };
  } catch (error) {
    return { mistake: cannotRead(`${name}_FILE`, file, error) };
  }
}

function unreadable({ object }: ConfigSchema, settings: Record<string, unknown>): string[] {
  return Object.entries(object.properties).flatMap(([name, property]) => {
    const path = settings[name];
    if (annotationsOf(property).setting !== "file" || typeof path !== "string") return [];
    return whyUnreadable(name, path) ?? [];
  });
}

/** What cannot be converted stays text, and fails the schema's check. */
function fromText(raw: string, annotations: Annotations): unknown {
  if (annotations.setting === "list") {
    return raw
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  }
  if (annotations.setting === "duration") return parseDurationMs(raw) ?? raw;
  if (annotations.type === "integer" || annotations.type === "number") {
    return /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw;
  }
  if (annotations.type === "boolean") return raw === "true" ? true : raw === "false" ? false : raw;
  return raw;
}

/** A line for each setting that its own schema refuses. */
function unacceptable({ object }: ConfigSchema, settings: Record<string, unknown>): Map<string, string> {
  const lines = new Map<string, string>();
  for (const { pointer, message } of checkerOf(object, ANNOTATIONS)(settings)) {
    const name = pointer.split("/")[1];
    if (name === undefined || lines.has(name)) continue; // no name: one is missing, which has been said
    const { setting } = annotationsOf(object.properties[name]!);
    const isText = typeof settings[name] === "string";
    lines.set(name, setting === "duration" && isText ? `${name} ${A_DURATION}` : `${name} ${message}`);
  }
  return lines;
}

function shownOf(schema: ConfigSchema, settings: Record<string, unknown>, names: readonly string[]): string {
  const value = (name: string) => {
    const property = schema.object.properties[name];
    return property === undefined ? "" : shown(settings[name], annotationsOf(property).setting);
  };
  return names.map((name) => `${name}=${value(name)}`).join(" ");
}

export interface DescribedSetting {
  name: string;
  type: "text" | "integer" | "number" | "boolean" | "duration" | "list" | "choice";
  secret: boolean;
  required: boolean;
  /** As it would be written in the environment; undefined when there is none. */
  default: string | undefined;
  /** What is acceptable, beyond the type. */
  range: string | undefined;
  description: string;
  code: ErrorCode | undefined;
  /** The same in every service that has it. */
  same: boolean;
}

/** Every setting in words: for `--help` and the documentation. */
export function describeConfig(schema: ConfigSchema): DescribedSetting[] {
  const required = new Set(schema.object.required as string[] | undefined);
  return Object.entries(schema.object.properties).map(([name, property]) => {
    const annotations = annotationsOf(property);
    const { setting, code, same = false } = annotations;
    return {
      name,
      type: typeOf(annotations),
      secret: setting === "secret",
      required: required.has(name) && annotations.default === undefined,
      default: annotations.default === undefined ? undefined : written(annotations.default, setting),
      range: rangeOf(annotations),
      description: descriptionOf(annotations),
      code,
      same,
    };
  });
}

const descriptionOf = ({ description = "", same }: Annotations) =>
  same ? `${description} The same in every service.` : description;

function typeOf({ type, setting, enum: choices }: Annotations): DescribedSetting["type"] {
  if (choices !== undefined) return "choice";
  if (setting === "duration" || setting === "list") return setting;
  return type === "integer" || type === "number" || type === "boolean" ? type : "text";
}

function rangeOf(annotations: Annotations): string | undefined {
  const { minimum = 0, maximum, items, enum: choices = items?.enum, pattern, type, setting } = annotations;
  if (choices !== undefined) return choices.join(", ");
  if (pattern !== undefined) return pattern;
  if (type !== "integer" && type !== "number") return undefined;
  const bound = (value: number) => written(value, setting);
  if (maximum !== undefined) return `${bound(minimum)} to ${bound(maximum)}`;
  return minimum === 0 ? undefined : `at least ${bound(minimum)}`;
}

/** As it is written in the environment. */
function written(value: unknown, setting: Annotations["setting"]): string {
  if (setting === "duration") return formatDuration(Number(value));
  return Array.isArray(value) ? value.join(",") : String(value);
}

function formatDuration(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((name) => ms > 0 && ms % DURATION_UNIT_MS[name]! === 0) ?? "ms";
  return `${ms / DURATION_UNIT_MS[unit]!}${unit}`;
}

export interface PrintedSetting {
  name: string;
  value: string;
  description: string;
}

/** Every setting with its value, secrets masked, in the order of the schema: for `--print-config`. */
export function printableConfig<S extends ConfigSchema>(schema: S, config: ConfigOf<S>): PrintedSetting[] {
  return Object.entries(schema.object.properties).map(([name, property]) => {
    const annotations = annotationsOf(property);
    const value = (config as Record<string, unknown>)[name];
    return { name, value: shown(value, annotations.setting), description: descriptionOf(annotations) };
  });
}

function shown(value: unknown, setting: Annotations["setting"]): string {
  if (value === undefined) return "";
  if (setting === "secret") return maskUrl(String(value));
  if (setting === "duration") return `${String(value)}ms`;
  return Array.isArray(value) ? value.join(",") : withoutKeys(String(value));
}

/** What is no secret may still be an address with a key in it; everything else is shown to the letter. */
function withoutKeys(value: string): string {
  const url = value.includes("://") ? URL.parse(value) : null;
  return url === null || `${url.username}${url.password}${url.search}` === "" ? value : maskUrl(value);
}

/** A URL loses its password and query only, so that one still sees where it points. */
function maskUrl(value: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || !URL.canParse(value)) return "***";
  const url = new URL(value);
  if (url.username !== "" && url.password === "") url.username = "***";
  if (url.password !== "") url.password = "***";
  url.search = "";
  return url.href;
}
