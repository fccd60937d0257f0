/** The result as one page: no script, nothing fetched. */

import { escapeHtml, plotOf } from "./plot.ts";
import type { Result } from "./result.ts";
import { boundOf, measuredOf } from "./table.ts";
import { parseCondition, type Verdict } from "./verdict.ts";

const STYLE = `
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #a1a1aa55 }
.number { text-align: right; font-variant-numeric: tabular-nums } .edge { padding-left: 1.25rem; opacity: .75 } .pass { color: #16a34a } .fail { color: #dc2626; font-weight: 700 }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif } svg text { fill: currentcolor } h2 { font-size: 1.05rem; margin: 2rem 0 .25rem }`;

export function htmlOf(result: Result): string {
  const { scenario, profile, sizes, edges, seconds, endedAt, passed, verdicts } = result;
  const title = `${scenario}, ${profile}: ${passed ? "passed" : "FAILED"}`;
  const facts = [
    `${(sizes.vus ?? 0) * (sizes.clients ?? 0)} clients, ${seconds} s, ended ${endedAt}`,
    `edges: ${edges.join(", ")}`,
    `sizes: ${Object.entries(sizes)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}`,
  ];
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${STYLE}</style>
<h1 class="${passed ? "pass" : "fail"}">${escapeHtml(title)}</h1>
${facts.map((fact) => `<p>${escapeHtml(fact)}</p>`).join("\n")}
<table><tr><th>objective</th>${["bound", "measured", "samples"].map((name) => `<th class="number">${name}</th>`).join("")}<th></th></tr>
${verdicts.map(row).join("\n")}
</table>
${plots(result).join("\n")}
</html>
`;
}

function row(verdict: Verdict): string {
  const { title, samples, passed } = verdict;
  const number = (value: string) => `<td class="number">${escapeHtml(value)}</td>`;
  const cells = [boundOf(verdict), measuredOf(verdict), samples === 0 ? "" : String(samples)].map(number).join("");
  const name = `<td${title.startsWith(" ") ? ' class="edge"' : ""}>${escapeHtml(title.trim())}</td>`;
  return `<tr>${name}${cells}<td class="${passed ? "pass" : "fail"}">${passed ? "pass" : "FAIL"}</td></tr>`;
}

/** One per time: all edges together, and each. */
function plots({ verdicts, metrics }: Result): string[] {
  const times = verdicts.filter(({ unit, samples }) => unit === "ms" && samples > 0);
  return times
    .filter(({ series }) => !series.includes("{"))
    .map(({ title, series, condition }) => {
      const curves = times
        .filter((other) => other.series === series || other.series.startsWith(`${series}{`))
        .map((other) => ({
          name: other.series === series ? "all" : other.series.slice(series.length + 1, -1).replace("edge:", ""),
          values: metrics[other.series] ?? {},
        }));
      return `<h2>${escapeHtml(title)}</h2>${plotOf(title, curves, parseCondition(condition)[1])}`;
    });
}
