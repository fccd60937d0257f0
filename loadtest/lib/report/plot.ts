/** A latency distribution as SVG text: time at each quantile, and the bound. No script, no font, no other file. */

export interface Curve {
  name: string;
  /** Statistics of a k6 trend. */
  values: Record<string, number>;
}

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 16;
const TOP = 30;
const LEGEND = 90;
const BOTTOM = 36;
const QUANTILES = ["min", "med", "p(75)", "p(90)", "p(95)", "p(99)", "p(99.9)", "max"];
const COLORS = ["#2563eb", "#d97706", "#059669", "#7c3aed", "#db2777", "#0891b2", "#65a30d", "#dc2626"];

/** On a logarithmic scale from the smallest to the largest; `boundMs` is a dashed line. */
export function plotOf(title: string, curves: readonly Curve[], boundMs: number): string {
  const all = curves.flatMap(({ values }) => QUANTILES.map((quantile) => Math.max(0.1, values[quantile] ?? 0.1)));
  const low = 10 ** Math.floor(Math.log10(Math.min(boundMs, ...all)));
  const high = Math.max(boundMs, ...all) * 1.1;
  const x = (i: number) => LEFT + (i * (WIDTH - LEFT - RIGHT)) / (QUANTILES.length - 1);
  const y = (ms: number) => {
    const share = Math.log10(Math.max(ms, low) / low) / Math.log10(high / low);
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  };
  const parts: string[] = [];
  for (let ms = low; ms <= high; ms *= 10) {
    parts.push(line(LEFT, y(ms), WIDTH - RIGHT, y(ms), "#a1a1aa55"), text(LEFT - 6, y(ms) + 4, timeOf(ms), "end"));
  }
  QUANTILES.forEach((quantile, i) => {
    parts.push(text(x(i), HEIGHT - 14, quantile.replace(/p\((.*)\)/, "p$1"), "middle"));
  });
  parts.push(line(LEFT, y(boundMs), WIDTH - RIGHT, y(boundMs), "#dc2626", ' stroke-dasharray="5 4"'));
  parts.push(text(WIDTH - RIGHT, 14, `bound ${timeOf(boundMs)}`, "end"));
  curves.forEach(({ name, values }, i) => {
    const color = COLORS[i % COLORS.length] as string;
    const points = QUANTILES.map((quantile, at) => `${round(x(at))},${round(y(values[quantile] ?? 0))}`).join(" ");
    parts.push(`<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"/>`);
    parts.push(`<text x="${LEFT + LEGEND * i}" y="14" style="fill:${color}">${escapeHtml(name)}</text>`);
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${parts.join("")}</svg>`;
}

export const escapeHtml = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const line = (x1: number, y1: number, x2: number, y2: number, color: string, more = ""): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}"${more}/>`;
const text = (x: number, y: number, value: string, anchor: string): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(value)}</text>`;
const round = (value: number): number => Math.round(value * 10) / 10;
const timeOf = (ms: number): string => (ms < 1_000 ? `${Number(ms.toPrecision(3))} ms` : `${ms / 1_000} s`);
