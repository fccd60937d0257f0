/** Spans of one trace as a tree, earliest first. Pure. */

import type { CollectedSpan } from "@rollcall/telemetry";

interface Node {
  span: CollectedSpan;
  children: Node[];
}

/** A line per span: indentation, name, service, duration, what went wrong, links. A span whose parent is not here is a root. */
export function traceTree(spans: readonly CollectedSpan[]): string[] {
  const nodes = new Map(spans.map((span) => [span.spanId, { span, children: [] as Node[] }]));
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parent = node.span.parentSpanId === undefined ? undefined : nodes.get(node.span.parentSpanId);
    (parent?.children ?? roots).push(node);
  }
  const lines: string[] = [];
  const walk = (siblings: Node[], indent: string) => {
    const ordered = siblings.toSorted((a, b) => a.span.startMs - b.span.startMs);
    for (const [i, node] of ordered.entries()) {
      const last = i === ordered.length - 1;
      lines.push(`${indent}${last ? "└─ " : "├─ "}${describe(node.span)}`);
      walk(node.children, indent + (last ? "   " : "│  "));
    }
  };
  for (const root of roots.toSorted((a, b) => a.span.startMs - b.span.startMs)) {
    lines.push(describe(root.span));
    walk(root.children, "");
  }
  return lines;
}

function describe(span: CollectedSpan): string {
  const where = span.instance === "" ? span.service : `${span.service} (${span.instance})`;
  const links = span.links.map(({ traceId }) => `  link ${traceId}`).join("");
  const error = span.error === undefined ? "" : `  ERROR ${span.error}`;
  return `${span.name}  ${where}  ${span.durationMs.toFixed(1)} ms${error}${links}`;
}
