/**
 * Metrics as text, in the two formats that scrapers ask for: Prometheus's, and OpenMetrics, the only one that carries
 * exemplars. Not by the library, which writes the second one only, and renames counters in its registry for it.
 */

import type { MetricObjectWithValues, MetricValue } from "prom-client";

export const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
export const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
export type Format = typeof PROMETHEUS | typeof OPEN_METRICS;

/** What the library's registry tells of one metric. */
export type Family = MetricObjectWithValues<MetricValue<string>>;
/** What its types leave out. */
export type Sample = MetricValue<string> & {
  metricName?: string;
  exemplar?: { labelSet: Labels; value: number; timestamp: number } | null | undefined;
};
type Labels = Readonly<Record<string, string | number | undefined>>;

/** Scrapers that can read OpenMetrics name it first in `accept`. */
export const formatOf = (accept: string | undefined): Format =>
  accept?.split(",", 1)[0]?.trim().startsWith("application/openmetrics-text") === true ? OPEN_METRICS : PROMETHEUS;

export function exposition(families: readonly Family[], format: Format): string {
  const isOpen = format === OPEN_METRICS;
  const lines: string[] = [];
  for (const { name, help, type, values } of families) {
    const family = isOpen && String(type) === "counter" ? name.replace(/_total$/, "") : name;
    lines.push(`# HELP ${family} ${escaped(help)}`, `# TYPE ${family} ${type}`);
    for (const { metricName = name, labels, value, exemplar } of values as Sample[]) {
      const line = `${metricName}${labelText(labels)} ${numberText(value)}`;
      lines.push(isOpen ? line + exemplarText(exemplar) : line);
    }
  }
  if (isOpen) lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function exemplarText(exemplar: Sample["exemplar"]): string {
  if (exemplar === null || exemplar === undefined) return "";
  const { labelSet, value, timestamp } = exemplar;
  return ` # ${labelText(labelSet) || "{}"} ${numberText(value)} ${timestamp}`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };
const escaped = (text: string): string => text.replace(/[\\\n"]/g, (char) => ESCAPES[char]!);

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
