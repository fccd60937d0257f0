/**
 * The arrows of the architecture, checked: `node scripts/boundaries.ts [root]` prints each breach as `file:line rule message`
 * and exits 1.
 *
 *     services-apart      no service imports another
 *     packages-below      no package imports a service
 *     contracts-alone     packages/contracts imports nothing of ours
 *     pure-core           services/presence/src/core imports contracts, types and itself, nothing else
 *     folders-down        within a service a folder imports only those below it; what lies beside the folders puts them together
 *     front-door          another package is imported by its name, never by a path into it
 *     runtime-only        clock, timers, randomness and environment come from packages/runtime
 *
 * Tests may do what they must: `runtime-only` and `pure-core` leave `*.test.ts` and `test/` alone.
 */

import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { parseSync } from "oxc-parser";

export interface Breach {
  file: string;
  line: number;
  rule: string;
  message: string;
}

const SERVICES = ["edge", "presence", "notifier"];
const CORE_SERVICE = "services/presence/src/";
const CORE = `${CORE_SERVICE}core/`;
/** The folders of each service's `src`, from the top down. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  edge: "handshake inbound sessions outbound clients".split(" "),
  presence: "api workers redis twin core".split(" "),
  notifier: "api intake fallback dead-letter delivery explain inbox routing ledger streams redis".split(" "),
};
/** What the pure core may import besides itself and its service's types. */
const CORE_IMPORTS = ["@rollcall/contracts", "@rollcall/contracts/internal"];
const CORE_TYPE_IMPORTS = ["@rollcall/runtime"];
/**
 * The runtime itself, the one file through which time reaches the packages that run in other people's programs, and the
 * one through which randomness reaches telemetry, which the runtime stands on.
 */
const RUNTIME_FILES = [
  "packages/runtime/src/",
  "packages/client/src/clock.ts",
  "packages/publisher/src/clock.ts",
  "packages/telemetry/src/ids.ts",
];
/** Load scenarios run inside k6 and examples inside browsers: there is no runtime of ours. */
const RUNTIME_ONLY_ROOTS = ["packages/", "services/", "scripts/"];

const FORBIDDEN_GLOBALS = new Set(["setTimeout", "setInterval", "setImmediate"]);
const FORBIDDEN_MEMBERS: Record<string, ReadonlySet<string>> = {
  Date: new Set(["now"]),
  Math: new Set(["random"]),
  performance: new Set(["now"]),
  process: new Set(["env", "hrtime"]),
  AbortSignal: new Set(["timeout"]),
  crypto: new Set([
    "randomBytes",
    "randomFill",
    "randomFillSync",
    "randomInt",
    "randomUUID",
    "getRandomValues",
    "webcrypto",
  ]),
};
/** By module: which of its names may not be imported; `*` = the module. */
const FORBIDDEN_IMPORTS: Record<string, ReadonlySet<string>> = {
  crypto: FORBIDDEN_MEMBERS.crypto as ReadonlySet<string>,
  process: FORBIDDEN_MEMBERS.process as ReadonlySet<string>,
  perf_hooks: new Set(["performance", "monitorEventLoopDelay"]),
  timers: new Set(["*"]),
  "timers/promises": new Set(["*"]),
};

interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

interface Import {
  specifier: string;
  names: string[];
  typeOnly: boolean;
  start: number;
}

/** Every breach of one file; `file` is relative to the repository, with `/`. */
export function checkSource(file: string, text: string): Breach[] {
  const { program, errors } = parseSync(file, text);
  const breaches: Breach[] = [];
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length;
  const report = (start: number, rule: string, message: string) =>
    breaches.push({ file, line: lineOf(start), rule, message });
  for (const error of errors) report(error.labels[0]?.start ?? 0, "syntax", error.message);

  const isTest = /\.test\.[mc]?[jt]sx?$/.test(file) || file.includes("/test/");
  const runtimeOnly =
    !isTest &&
    RUNTIME_ONLY_ROOTS.some((root) => file.startsWith(root)) &&
    !RUNTIME_FILES.some((allowed) => file.startsWith(allowed));

  walk(program as unknown as Node, (node) => {
    for (const found of importsOf(node)) {
      for (const [rule, message] of importBreaches(file, found, isTest)) report(found.start, rule, message);
      if (!runtimeOnly || found.typeOnly) continue;
      for (const name of forbiddenNames(found)) report(found.start, "runtime-only", `${name} of ${found.specifier}`);
    }
    if (runtimeOnly) {
      const used = forbiddenUse(node);
      if (used !== undefined) report(node.start, "runtime-only", used);
    }
  });
  return breaches;
}

/** `packages/x` or `services/x`; undefined above them. */
function homeOf(file: string): string | undefined {
  return /^((?:packages|services|examples)\/[^/]+|loadtest|scripts)\//.exec(file)?.[1];
}

/** Its folder in a service's `src`; -1 is the level of one that has no place yet, which nothing may import. */
function folderOf(file: string): { name: string; level: number } | undefined {
  const [, service, name] = /^services\/([^/]+)\/src\/([^/]+)\//.exec(file) ?? [];
  if (service === undefined || name === undefined) return undefined;
  return { name, level: FOLDERS[service]?.indexOf(name) ?? -1 };
}

function importBreaches(file: string, found: Import, isTest: boolean): [rule: string, message: string][] {
  const { specifier, typeOnly } = found;
  const home = homeOf(file);
  const relative = specifier.startsWith(".");
  const path = relative ? posix.join(posix.dirname(file), specifier) : specifier;
  const breaches: [string, string][] = [];
  const service =
    SERVICES.find((name) => specifier === `@rollcall/${name}` || specifier.startsWith(`@rollcall/${name}/`)) ??
    /^services\/([^/]+)/.exec(path)?.[1];

  if (service !== undefined && home !== `services/${service}`) {
    if (home?.startsWith("services/")) breaches.push(["services-apart", `imports service ${service}`]);
    else if (home?.startsWith("packages/")) breaches.push(["packages-below", `imports service ${service}`]);
  }
  if (home === "packages/contracts" && specifier.startsWith("@rollcall/") && !isTest) {
    breaches.push(["contracts-alone", `imports ${specifier}`]);
  }
  if (relative && !isTest && home?.startsWith("services/")) {
    const [from, to] = [folderOf(file), folderOf(path)];
    if (from !== undefined && to !== undefined && from.level > to.level) {
      breaches.push(["folders-down", `${from.name} is below ${to.name}`]);
    }
  }
  const reachesOut = relative && home !== undefined && !`${path}/`.startsWith(`${home}/`);
  const reachesIn = /^@rollcall\/[^/]+\/(?!(?:evolution|fold|internal|outputs|react|schema|tracing)$)/.test(specifier);
  if ((reachesOut && homeOf(`${path}/`) !== undefined) || reachesIn) {
    breaches.push(["front-door", `imports ${specifier} by path`]);
  }
  if (file.startsWith(CORE) && !isTest) {
    const allowed = relative
      ? path.startsWith(CORE) || (typeOnly && path.startsWith(CORE_SERVICE))
      : CORE_IMPORTS.includes(specifier) || (typeOnly && CORE_TYPE_IMPORTS.includes(specifier));
    if (!allowed) breaches.push(["pure-core", `imports ${specifier}`]);
  }
  return breaches;
}

function forbiddenNames(found: Import): string[] {
  const forbidden = FORBIDDEN_IMPORTS[found.specifier.replace(/^node:/, "")];
  if (forbidden === undefined) return [];
  return forbidden.has("*") ? ["anything"] : found.names.filter((name) => forbidden.has(name));
}

/** Static, re-exporting, dynamic and type imports, and `require`. */
function importsOf(node: Node): Import[] {
  const literal = (value: unknown): string | undefined => {
    const text = (value as Node | null | undefined)?.value;
    return typeof text === "string" ? text : undefined;
  };
  const one = (specifier: string | undefined, typeOnly: boolean, names: string[] = []): Import[] =>
    specifier === undefined ? [] : [{ specifier, names, typeOnly, start: node.start }];

  switch (node.type) {
    case "ImportDeclaration": {
      const specifiers = node.specifiers as Node[];
      const values = specifiers.filter((item) => item.importKind !== "type");
      const typeOnly = node.importKind === "type" || (specifiers.length > 0 && values.length === 0);
      const names = values.flatMap((item) => ((item.imported as Node | undefined)?.name as string | undefined) ?? []);
      return one(literal(node.source), typeOnly, names);
    }
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return one(literal(node.source), node.exportKind === "type");
    case "ImportExpression":
      return one(literal(node.source), false);
    case "TSImportType":
      return one(literal(node.source), true);
    case "TSExternalModuleReference":
      return one(literal(node.expression), false);
    case "CallExpression": {
      const callee = node.callee as Node;
      const required = callee.type === "Identifier" && callee.name === "require";
      return required ? one(literal((node.arguments as Node[])[0]), false) : [];
    }
    default:
      return [];
  }
}

/** What a node takes that only the runtime may give. */
function forbiddenUse(node: Node): string | undefined {
  switch (node.type) {
    case "Identifier":
      return FORBIDDEN_GLOBALS.has(node.name as string) ? (node.name as string) : undefined;
    case "MemberExpression":
      return forbiddenMember(lastName(node.object as Node), nameOfProperty(node));
    case "NewExpression":
    case "CallExpression": {
      const bare = lastName(node.callee as Node) === "Date" && (node.arguments as Node[]).length === 0;
      return bare ? "the present time by Date" : undefined;
    }
    case "VariableDeclarator": {
      const pattern = node.id as Node;
      if (pattern.type !== "ObjectPattern" || node.init === null) return undefined;
      const object = lastName(node.init as Node);
      const names = (pattern.properties as Node[]).map((item) => (item.key as Node | undefined)?.name as string);
      return names.map((name) => forbiddenMember(object, name)).find((used) => used !== undefined);
    }
    default:
      return undefined;
  }
}

function forbiddenMember(object: string | undefined, member: string | undefined): string | undefined {
  if (member === undefined) return undefined;
  if ((object === "globalThis" || object === "window") && FORBIDDEN_GLOBALS.has(member)) return member;
  if (object === undefined || !Object.hasOwn(FORBIDDEN_MEMBERS, object)) return undefined;
  return FORBIDDEN_MEMBERS[object]?.has(member) ? `${object}.${member}` : undefined;
}

/** `process` of `process` and of `globalThis.process`. */
function lastName(node: Node): string | undefined {
  if (node.type === "Identifier") return node.name as string;
  return node.type === "MemberExpression" ? nameOfProperty(node) : undefined;
}

function nameOfProperty(node: Node): string | undefined {
  const property = node.property as Node;
  if (node.computed === true) return typeof property.value === "string" ? property.value : undefined;
  return property.name as string | undefined;
}

/** Names of types, of properties and of what is imported are no use of the global that is called the same. */
const NOT_USES = new Set([
  "ImportSpecifier",
  "TSInterfaceDeclaration",
  "TSMethodSignature",
  "TSPropertySignature",
  "TSTypeQuery",
]);
const NAMED_PROPERTIES: Record<string, string> = {
  MemberExpression: "property",
  Property: "key",
  MethodDefinition: "key",
  PropertyDefinition: "key",
  TSAbstractMethodDefinition: "key",
};

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  const skipped = node.computed === true ? undefined : NAMED_PROPERTIES[node.type];
  for (const [field, value] of Object.entries(node)) {
    if (field === skipped) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      const inner = child as Node | null;
      if (typeof inner === "object" && inner !== null && typeof inner.type === "string" && !NOT_USES.has(inner.type)) {
        walk(inner, visit);
      }
    }
  }
}

const SOURCES = "{packages,services,examples,loadtest,scripts}/**/*.{ts,tsx,mts,js,mjs}";
const IGNORED = ["node_modules", "dist", ".rollcall", ".turbo", "results"];

export function checkRepository(root: string): Breach[] {
  return globSync(SOURCES, { cwd: root, exclude: (name) => IGNORED.includes(posix.basename(name)) })
    .map((file) => file.replaceAll("\\", "/"))
    .toSorted()
    .flatMap((file) => checkSource(file, readFileSync(join(root, file), "utf8")));
}

if (import.meta.main) {
  const breaches = checkRepository(process.argv[2] ?? dirname(import.meta.dirname));
  for (const { file, line, rule, message } of breaches) console.log(`${file}:${line} ${rule} ${message}`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
