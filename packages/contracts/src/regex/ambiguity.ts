/**
 * Finds expressions that take a backtracking engine exponential time: those that can read one text in two ways within a
 * loop, so that n rounds leave 2^n ways to try. Ours does not backtrack, but schemas are exported to languages whose
 * engines do. Exact but for counts: `x{2,9}` is taken as `xx` and any number of `x`.
 */

import type { CharSet } from "./char-set.ts";
import { type Nfa, type Node, nfaOf, RegexMistake } from "./nfa.ts";

/** Beyond so many steps the expression is refused undecided: it is too large to be sure of. */
const MAX_STEPS = 2_000_000;

export function findAmbiguity(pattern: string): void {
  const graph = charGraph(nfaOf(pattern, { unicode: true, ignoreCase: false, shortCounts: true }));
  if (loopsByTwoWays(graph) || pairsMeetAgain(graph)) {
    throw new RegexMistake(
      "can read one text in exponentially many ways, which stops engines that backtrack: repeat nothing that itself repeats or whose alternatives overlap",
    );
  }
}

/** Of the nodes that read a character: which can read the next one, and by how many ways in between (1, or 2 for more). */
interface CharGraph {
  sets: readonly CharSet[];
  next: readonly (readonly { to: number; ways: number }[])[];
  spend(steps: number): void;
}

function charGraph({ nodes }: Nfa): CharGraph {
  let steps = 0;
  const spend = (count: number) => {
    steps += count;
    if (steps > MAX_STEPS) throw new RegexMistake("is too large to be sure that no text is slow: repeat less");
  };
  const chars = [...nodes.keys()].filter((id) => nodes[id]!.kind === "char");
  const index = new Map(chars.map((id, i) => [id, i]));
  const next = chars.map((id) => {
    const ways = new Map<number, number>();
    // A step that reads nothing is taken once: a round of a loop that reads nothing is no round.
    const taken = new Set<string>();
    const walk = (at: number) => {
      spend(1);
      const node = nodes[at]!;
      if (node.kind === "char") {
        ways.set(index.get(at)!, Math.min(2, (ways.get(index.get(at)!) ?? 0) + 1));
        return;
      }
      for (const to of emptySteps(node)) {
        const step = `${at} ${to}`;
        if (taken.has(step)) continue;
        taken.add(step);
        walk(to);
        taken.delete(step);
      }
    };
    walk((nodes[id] as { to: number }).to);
    return [...ways].map(([to, count]) => ({ to, ways: count }));
  });
  return { sets: chars.map((id) => (nodes[id] as { set: CharSet }).set), next, spend };
}

function emptySteps(node: Node): readonly number[] {
  if (node.kind === "split") return node.to;
  return node.kind === "assert" ? [node.to] : [];
}

/** A loop has a step that can be taken in two ways without reading anything: `(a+)+`. */
function loopsByTwoWays({ next, spend }: CharGraph): boolean {
  const component = components(next.length, (at) => next[at]!.map(({ to }) => to), spend);
  return next.some((steps, from) => steps.some(({ to, ways }) => ways > 1 && component[from] === component[to]));
}

/** Two ways part at one node and meet there again, having read the same: `(a|a)*`. */
function pairsMeetAgain({ sets, next, spend }: CharGraph): boolean {
  const size = sets.length;
  const pairSteps = (pair: number) => {
    const [left, right] = [next[Math.floor(pair / size)]!, next[pair % size]!];
    spend(left.length * right.length);
    return left.flatMap((a) => right.flatMap((b) => (overlap(sets[a.to]!, sets[b.to]!) ? [a.to * size + b.to] : [])));
  };
  const component = components(size * size, pairSteps, spend);
  const diagonal = new Set(sets.map((_set, i) => component[i * size + i]));
  return component.some((id, pair) => Math.floor(pair / size) !== pair % size && diagonal.has(id));
}

function overlap(a: CharSet, b: CharSet): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i]![1] < b[j]![0]) i++;
    else if (b[j]![1] < a[i]![0]) j++;
    else return true;
  }
  return false;
}

/** Strongly connected components (Tarjan), without recursion: nodes that reach each other have one number. */
function components(
  size: number,
  stepsOf: (at: number) => readonly number[],
  spend: (steps: number) => void,
): number[] {
  const order = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const component: number[] = Array.from({ length: size }, () => -1);
  const open: number[] = [];
  let count = 0;
  spend(size);
  for (let root = 0; root < size; root++) {
    if (order[root] !== -1) continue;
    const visit = (at: number) => {
      order[at] = low[at] = count++;
      open.push(at);
      return { at, steps: stepsOf(at), i: 0 };
    };
    const path = [visit(root)];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const to = top.steps[top.i++];
      if (to !== undefined) {
        if (order[to] === -1) path.push(visit(to));
        else if (component[to] === -1) low[top.at] = Math.min(low[top.at]!, order[to]!);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) low[above.at] = Math.min(low[above.at]!, low[top.at]!);
      if (low[top.at] !== order[top.at]) continue;
      for (let each = open.pop(); each !== undefined; each = open.pop()) {
        component[each] = top.at;
        if (each === top.at) break;
      }
    }
  }
  return component;
}
