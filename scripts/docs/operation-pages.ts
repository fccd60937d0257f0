/** What operators turn and watch: limits, settings, metrics. */

import { LIMIT_GUIDE, LIMITS, TIMEOUTS } from "@rollcall/contracts";
import { config as edge } from "@rollcall/edge";
import { config as notifier } from "@rollcall/notifier";
import { config as presence } from "@rollcall/presence";
import {
  boundsConfig,
  type ConfigSchema,
  commonConfig,
  type DescribedSetting,
  defineConfig,
  describeConfig,
  NEEDS,
} from "@rollcall/runtime";
import { METRIC_ADVICE, METRICS, type MetricKey, type MetricSpec } from "@rollcall/telemetry";
import { code, page, table, yes } from "./markdown.ts";
import { PROCESS_METRICS } from "./process-metrics.ts";

const SERVICES = { edge, presence, notifier } satisfies Record<string, ConfigSchema>;
const shared = defineConfig(commonConfig, boundsConfig);
const sharedNames = new Set(describeConfig(shared).map(({ name }) => name));

export function limitsPage(): string {
  const bounds = Object.entries(SERVICES).flatMap(([service, schema]) =>
    describeConfig(schema)
      .filter((setting) => setting.code !== undefined || isBound(setting))
      .filter(({ name }) => !sharedNames.has(name))
      .map(({ name, default: value = "", description, code: answer = "" }) => [
        code(name),
        service,
        value,
        description,
        code(answer),
      ]),
  );
  return page(
    "Limits",
    "## Of the wire",
    "A setting may lower what clients may do, a token (`limits`) may lower it further. `error at start` is a mistake of a contract file.",
    table(
      ["limit", "of", "default", "beyond it", "set by"],
      Object.entries(LIMIT_GUIDE).map(([name, { what, unit, code: answer = "", setting = "" }]) => [
        code(name),
        what,
        `${LIMITS[name as keyof typeof LIMITS].toLocaleString("en-US")} ${unit}`,
        answer,
        code(setting),
      ]),
    ),
    "## Timeouts",
    table(
      ["timeout", "of", "owner", "default", "answered with", "set by"],
      Object.entries(TIMEOUTS).map(([name, { what, owner, ms, code: answer, ...more }]) => [
        code(name),
        what,
        owner,
        `${ms.toLocaleString("en-US")} ms`,
        answer,
        code("setting" in more ? more.setting : ""),
      ]),
    ),
    "## Of a service",
    "Rates and counts are kept in the memory of each process: they bound what one edge takes, without asking anybody. Across a cluster a bound is that times the edges; a token's `limits` lowers it for its bearer. What is promised for the whole cluster is kept by presence: connections of a user, rooms of a session, members of a room, keys and bytes of its state, and that a session has one socket.",
    table(["setting", "service", "default", "of", "answered with"], bounds),
  );
}

const isBound = ({ name, type }: DescribedSetting): boolean =>
  (type === "integer" || type === "duration") &&
  /^MAX_|_SIZE$|_IN_FLIGHT$|_PER_SECOND|_PER_MINUTE|_BURST$|_MAX_LEN$/.test(name);

export function configurationPage(): string {
  const own = (schema: ConfigSchema) => {
    const sharedRules = new Set(shared.relations.map(({ rule }) => rule));
    return [
      settingsTable(describeConfig(schema).filter(({ name }) => !sharedNames.has(name))),
      relations(schema.relations.filter(({ rule }) => !sharedRules.has(rule))),
    ];
  };
  return page(
    "Configuration",
    "Settings come from the environment, and from a file of `NAME=value` lines that `SETTINGS_FILE` names; the environment's win. One marked secret may come from the file that `<NAME>_FILE` names instead. A list is separated by commas; a duration is written `1500ms`, `30s`, `5m`, `24h` or `7d`. An empty value counts as absent. `--print-config` of a service (`node services/edge/src/main.ts --print-config`, likewise presence and notifier) shows what is in force, secrets masked; `--help` shows what there is; without either [it starts](operations/by-hand.md). A mistake ends the start with exit code 78, all of them told at once.",
    "## Every service",
    "The second table's are used by edges and presence only.",
    settingsTable(describeConfig(defineConfig(commonConfig))),
    settingsTable(describeConfig(defineConfig(boundsConfig))),
    relations(shared.relations),
    ...Object.entries(SERVICES).flatMap(([service, schema]) => [
      `## ${service.charAt(0).toUpperCase()}${service.slice(1)}`,
      ...own(schema).filter((part) => part !== ""),
    ]),
  );
}

const settingsTable = (settings: readonly DescribedSetting[]): string =>
  table(
    ["setting", "type", "default", "range", "secret", "is"],
    settings.map(({ name, type, default: value, range, secret, required, description }) => [
      code(name),
      type,
      required ? "required" : code(value ?? ""),
      code(range ?? ""),
      yes(secret),
      description,
    ]),
  );

const relations = (rules: ConfigSchema["relations"]): string =>
  rules.length === 0 ? "" : ["What must hold:", "", ...rules.map(({ rule }) => `- ${rule}.`)].join("\n");

const COLUMNS = ["metric", "type", "labels", "meaning", "what to do"];

export function metricsPage(): string {
  const rows = (Object.entries(METRICS) as [MetricKey, MetricSpec][]).map(([key, { name, type, labels, help }]) => [
    code(name),
    type,
    labels.map(code).join(", "),
    help,
    METRIC_ADVICE[key],
  ]);
  return page(
    "Metrics",
    "`/metrics` of every service's internal port, in Prometheus's format. `code` is `OK` on success; `event` is `other` unless a contract declares it, and for what comes after the first thousand names. No label names a user, a room or a session.",
    table(COLUMNS, rows),
    "## Probes",
    "Beside them stand `/livez` (the process runs), `/startupz` (it was ready once) and `/readyz` (it can do its work now, by [what is promised when a part is away](reliability.md)): `ok`, or 503 and `not ok:` with what its work needs and has not, of these names. Three checks in a row must fail, a fifth of a second apart, and two succeed.",
    table(
      ["name", "means"],
      Object.entries(NEEDS).map(([need, meaning]) => [code(need), meaning]),
    ),
    "## The process",
    "Every process also tells what Node and the kernel know of it; of these the ones worth a look:",
    table(
      COLUMNS,
      PROCESS_METRICS.map(({ name, type, labels, meaning, advice }) => [
        code(name),
        type,
        labels.map(code).join(", "),
        meaning,
        advice,
      ]),
    ),
  );
}
