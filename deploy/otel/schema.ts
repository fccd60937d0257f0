/**
 * A collector's configuration against the schemas that its components publish (`config.schema.yaml` in their Go modules):
 * every key exists and has the right type, down to the last one. They are JSON Schema with references across modules, and
 * open: a name that is in none of the properties is a mistake here, as it is for a collector.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { goModule, NotPublished } from "../test/tools.ts";

/** One release; modules that are stable have a version of their own. */
const CORE = { root: "go.opentelemetry.io/collector", versions: ["v0.165.0", "v1.71.0"] };
const CONTRIB = { root: "github.com/open-telemetry/opentelemetry-collector-contrib", versions: ["v0.165.1"] };
type Repository = typeof CORE;

/** What the image of the collector has, as far as collector.yaml uses it. */
const COMPONENTS: Record<string, [Repository, string]> = {
  "receivers.otlp": [CORE, "receiver/otlpreceiver"],
  "processors.memory_limiter": [CORE, "processor/memorylimiterprocessor"],
  "processors.batch": [CORE, "processor/batchprocessor"],
  "processors.tail_sampling": [CONTRIB, "processor/tailsamplingprocessor"],
  "exporters.otlp": [CORE, "exporter/otlpexporter"],
};
/** The part of its schema that has settings is not published. */
const UNKNOWN = new Set(["extensions.health_check"]);

type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  allOf?: Schema[];
};
/** With the document its references are relative to. */
interface Placed {
  schema: Schema;
  repository: Repository;
  folder: string;
  document: Schema;
}

/** A line for each mistake; none is good. */
export function mistakesIn(config: Record<string, Record<string, unknown>>): string[] {
  return ["receivers", "processors", "exporters", "extensions"].flatMap((kind) =>
    Object.entries(config[kind] ?? {}).flatMap(([name, value]) => {
      const type = `${kind}.${name.split("/")[0]}`;
      if (UNKNOWN.has(type)) return [];
      const component = COMPONENTS[type];
      return component === undefined
        ? [`${kind}.${name}: no component of that name is known here`]
        : check(value, documentOf(...component), `${kind}.${name}`);
    }),
  );
}

function check(value: unknown, placed: Placed, path: string): string[] {
  const { types, properties, rest, items } = flatten(placed);
  if (properties.size > 0 || rest !== undefined) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path}: a map is wanted`];
    return Object.entries(value).flatMap(([key, inner]) => {
      const known = properties.get(key) ?? rest;
      return known === undefined ? [`${path}.${key}: no such setting`] : check(inner, known, `${path}.${key}`);
    });
  }
  if (items !== undefined) {
    if (!Array.isArray(value)) return [`${path}: a list is wanted`];
    return value.flatMap((inner, i) => check(inner, items, `${path}[${i}]`));
  }
  const given = Number.isInteger(value) ? "integer" : typeof value;
  const fits =
    types.size === 0 || types.has(given) || (given === "integer" && types.has("number")) || types.has("object");
  // A value from the environment is known at start only.
  return fits || /^\$\{env:/.test(String(value)) ? [] : [`${path}: ${given}, wanted is ${[...types].join(" or ")}`];
}

/** References followed and `allOf` folded into one. */
function flatten(placed: Placed) {
  const types = new Set<string>();
  const properties = new Map<string, Placed>();
  let rest: Placed | undefined;
  let items: Placed | undefined;
  const add = (at: Placed) => {
    const { schema } = at;
    const inside = (part: Schema): Placed => ({ ...at, schema: part });
    if (schema.$ref !== undefined) add(resolve(schema.$ref, at));
    if (schema.type !== undefined) types.add(schema.type);
    for (const part of schema.allOf ?? []) add(inside(part));
    for (const [name, part] of Object.entries(schema.properties ?? {})) properties.set(name, inside(part));
    if (schema.additionalProperties !== undefined) rest = inside(schema.additionalProperties);
    if (schema.items !== undefined) items = inside(schema.items);
  };
  add(placed);
  return { types, properties, rest, items };
}

/** `name` of this document, `./folder.name` beside it, `/folder.name` of its repository, `url/folder.name` elsewhere. */
function resolve(ref: string, { document, repository, folder: here }: Placed): Placed {
  const [, folder, name] = /^(.*)\.([^./]+)$/.exec(ref) ?? [];
  if (folder === undefined || name === undefined) {
    const schema = document.$defs?.[ref];
    if (schema === undefined) throw new Error(`no definition of ${ref}`);
    return { schema, document, repository, folder: here };
  }
  const owner = /^[./]/.test(folder) ? repository : folder.startsWith(CORE.root) ? CORE : CONTRIB;
  const at = documentOf(owner, folder.startsWith(".") ? join(here, folder) : folder.replace(owner.root, "").slice(1));
  return { ...at, schema: at.document.$defs?.[name] ?? at.document };
}

const documents = new Map<string, Schema>();

/** The schema of a folder, which is a module of its own or part of one above it. */
function documentOf(repository: Repository, folder: string): Placed {
  const key = `${repository.root}/${folder}`;
  const document = documents.get(key) ?? (parse(readFileSync(schemaFile(repository, folder), "utf8")) as Schema);
  documents.set(key, document);
  return { schema: document, document, repository, folder };
}

function schemaFile({ root, versions }: Repository, folder: string): string {
  const parts = folder.split("/");
  for (let length = parts.length; length > 0; length--) {
    for (const version of versions) {
      const module = moduleAt(`${root}/${parts.slice(0, length).join("/")}@${version}`);
      const file = join(module ?? "", ...parts.slice(length), "config.schema.yaml");
      if (module !== undefined && existsSync(file)) return file;
    }
  }
  throw new Error(`${root}/${folder} has no schema`);
}

/** Undefined where there is none: a folder above it may be one. */
function moduleAt(module: string): string | undefined {
  try {
    return goModule(module);
  } catch (error) {
    if (!(error instanceof NotPublished)) throw error;
    return undefined;
  }
}
