/**
 * A CPU profile of V8 as a flame graph: what was on the stack how long, callers below. Plain SVG that names itself when
 * pointed at, readable on light and on dark. Pure.
 */

/** What is used of a `.cpuprofile`; times are microseconds of the machine's monotonic clock. */
export interface CpuProfile {
  nodes: readonly {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: readonly number[];
  }[];
  startTime: number;
  samples: readonly number[];
  timeDeltas: readonly number[];
}

export interface Frame {
  name: string;
  kind: Kind;
  /** With what it called. */
  us: number;
  children: Map<string, Frame>;
}

const KINDS = { ours: "#2f81f7", library: "#8250df", runtime: "#8b949e", collector: "#cf222e" };
type Kind = keyof typeof KINDS;

const WIDTH = 960;
const ROW = 17;
const HEAD = 40;
/** Of the whole; narrower ones are left out. */
const NARROWEST = 0.003;
const DEEPEST = 40;

/** Busy time by stack between two moments. */
export function fold(profile: CpuProfile, { fromUs, toUs }: { fromUs: number; toUs: number }): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const root: Frame = { name: "all", kind: "runtime", us: 0, children: new Map() };
  let atUs = profile.startTime;
  profile.samples.forEach((sample, i) => {
    const us = profile.timeDeltas[i]!;
    atUs += us;
    if (atUs < fromUs || atUs > toUs || nodes.get(sample)!.callFrame.functionName === "(idle)") return;
    const stack: number[] = [];
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) stack.unshift(id);
    root.us += us;
    let frame = root;
    for (const id of stack.slice(1, DEEPEST)) {
      frame = childOf(frame, nodes.get(id)!.callFrame);
      frame.us += us;
    }
  });
  return root;
}

function childOf(parent: Frame, { functionName, url, lineNumber }: CpuProfile["nodes"][0]["callFrame"]): Frame {
  const where = shortOf(url);
  const name = `${functionName === "" ? "(anonymous)" : functionName}${where === "" ? "" : ` ${where}:${lineNumber + 1}`}`;
  const known = parent.children.get(name);
  if (known !== undefined) return known;
  const frame: Frame = { name, kind: kindOf(functionName, url), us: 0, children: new Map() };
  parent.children.set(name, frame);
  return frame;
}

/** From the package on: nothing of the machine it was taken on. */
const shortOf = (url: string): string =>
  /node_modules\/(?!.*node_modules\/)(.+)$/.exec(url)?.[1] ?? /\/((?:packages|services)\/.+)$/.exec(url)?.[1] ?? url;

function kindOf(name: string, url: string): Kind {
  if (name === "(garbage collector)") return "collector";
  if (url.includes("/node_modules/")) return "library";
  return /\/(?:packages|services)\//.test(url) ? "ours" : "runtime";
}

export function flameSvg(title: string, root: Frame): string {
  const parts: string[] = [];
  let deepest = 0;
  const draw = (frame: Frame, fromUs: number, depth: number): void => {
    if (frame.us / root.us < NARROWEST) return;
    deepest = Math.max(deepest, depth);
    parts.push(box(frame, fromUs, depth, root.us));
    let atUs = fromUs;
    for (const child of [...frame.children.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      draw(child, atUs, depth + 1);
      atUs += child.us;
    }
  };
  draw(root, 0, 0);
  const height = HEAD + (deepest + 1) * ROW;
  const legend = Object.entries(KINDS).map(
    ([kind, color], i) =>
      `<rect x="${8 + i * 90}" y="24" width="10" height="10" fill="${color}"/><text x="${22 + i * 90}" y="33">${kind}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    "<style>text { font: 11px system-ui, sans-serif; fill: #1f2328 } .in { fill: #ffffff } rect { stroke: #ffffff; stroke-width: 0.5 }",
    "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } rect { stroke: #0d1117 } }</style>",
    `<text x="8" y="14">${escaped(title)}</text>`,
    ...legend,
    // Callers below: rows count from the bottom.
    ...parts.map((part) => part.replace(/@(\d+)@/g, (_, depth: string) => String(height - (Number(depth) + 1) * ROW))),
    "</svg>\n",
  ].join("\n");
}

function box({ name, kind, us }: Frame, fromUs: number, depth: number, allUs: number): string {
  const x = round((fromUs / allUs) * WIDTH);
  const width = round((us / allUs) * WIDTH);
  const label = name.slice(0, Math.floor((width - 6) / 5.6));
  const share = `${((100 * us) / allUs).toFixed(1)} %`;
  const text = label.length < 4 ? "" : `<text class="in" x="${x + 3}" y="0" dy="12">${escaped(label)}</text>`;
  return (
    `<g transform="translate(0 @${depth}@)"><title>${escaped(`${name}: ${share}`)}</title>` +
    `<rect x="${x}" y="0" width="${width}" height="${ROW - 1}" fill="${KINDS[kind]}"/>${text}</g>`
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;
const escaped = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
