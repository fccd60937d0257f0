/** A result as a table, or with `--json` as one line of JSON. */

export interface Result {
  bench: string;
  rows: readonly Record<string, string | number>[];
  [more: string]: unknown;
}

export function print(result: Result): void {
  const { rows, ...head } = result;
  const where = { node: process.version, cpus: navigator.hardwareConcurrency };
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ ...head, ...where, rows }));
    return;
  }
  console.log(JSON.stringify({ ...head, ...where }));
  const columns = Object.keys(rows[0] ?? {});
  const cell = (value: string | number | undefined) =>
    typeof value === "number" ? String(Math.round(value * 1_000) / 1_000) : (value ?? "");
  console.log(`| ${columns.join(" | ")} |`);
  console.log(`| ${columns.map(() => "---").join(" | ")} |`);
  for (const row of rows) console.log(`| ${columns.map((column) => cell(row[column])).join(" | ")} |`);
}
