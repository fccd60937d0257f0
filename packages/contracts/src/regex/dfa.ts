/**
 * From a graph to a table: one row for each set of nodes the text read so far can lead to (the subset construction),
 * so that each character of a text costs one look-up, whatever the text. An expression matches anywhere in a text unless
 * it says `^`, as in JavaScript. The table is made whole, so that one too large is known before it is used.
 */

import { type CharSet, WORDS } from "./char-set.ts";
import { type Nfa, RegexMistake } from "./nfa.ts";

/** Rows times columns: 256 KiB. */
const MAX_CELLS = 128 * 1024;
/** Steps to make it, a fraction of a second at most. */
const MAX_WORK = 1_000_000;

/** States every table has. */
export const DEAD = 0;
export const MATCHED = 1;
export const START = 2;

export interface Dfa {
  /** Next state, by state times `width` plus class. */
  table: Uint16Array;
  width: number;
  /** By state: a text that ends here matches. */
  accepts: Uint8Array;
  classes: Classes;
}

/** Code points that no part of the expression tells apart are one class. */
export interface Classes {
  /** First code point of each interval, ascending; the first is 0. */
  starts: Uint32Array;
  /** Class of each interval. */
  classOf: Uint8Array;
}

/** What stands before a place: nothing, a word character, or another one. */
type Before = "start" | "word" | "other";
interface State {
  nodes: readonly number[];
  before: Before;
}

export function dfaOf(nfa: Nfa): Dfa {
  const { nodes } = nfa;
  const usesWords = nodes.some((node) => node.kind === "assert" && node.what.endsWith("word"));
  const sets = nodes.flatMap((node) => (node.kind === "char" ? [node.set] : []));
  const { classes, members, samples } = classesOf(usesWords ? [...sets, WORDS] : sets);
  const width = samples.length;
  const columns = new Map<CharSet, Uint8Array>();
  for (const set of new Set(sets)) columns.set(set, members(set));
  const words = members(WORDS);

  let work = 0;
  const spend = (steps: number) => {
    work += steps;
    if (work > MAX_WORK) throw tooLarge();
  };

  /** Nodes of characters and the match that `state` leads to when `after` comes next. */
  const closure = ({ nodes: from, before }: State, after: "word" | "other" | "end"): number[] => {
    const seen = new Set(from);
    for (const id of seen) {
      const node = nodes[id]!;
      if (node.kind === "split") for (const to of node.to) seen.add(to);
      else if (node.kind === "assert" && holds(node.what, before, after)) seen.add(node.to);
    }
    spend(seen.size);
    return [...seen].filter((id) => nodes[id]!.kind === "char" || nodes[id]!.kind === "match");
  };

  // A match may begin anywhere, unless the beginning of the text is asked for.
  const inside: Before[] = usesWords ? ["word", "other"] : ["other"];
  const isAnchored = inside.every((before) =>
    (["word", "other", "end"] as const).every((after) => closure({ nodes: [nfa.start], before }, after).length === 0),
  );

  const states: State[] = [];
  const ids = new Map<string, number>();
  const idOf = (state: State): number => {
    const key = `${state.before} ${state.nodes.join()}`;
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = START + states.push(state) - 1;
    if (id * width > MAX_CELLS || id > 0xffff) throw tooLarge();
    ids.set(key, id);
    return id;
  };

  idOf({ nodes: [nfa.start], before: "start" });
  const rows: Uint16Array[] = [new Uint16Array(width).fill(DEAD), new Uint16Array(width).fill(MATCHED)];
  const accepts: number[] = [0, 1];
  for (let i = 0; i < states.length; i++) {
    const state = states[i]!;
    const reach = { word: usesWords ? closure(state, "word") : [], other: closure(state, "other") };
    const row = new Uint16Array(width);
    for (let column = 0; column < width; column++) {
      const after = usesWords && words[column] === 1 ? "word" : "other";
      const next = new Set<number>(isAnchored ? [] : [nfa.start]);
      let matched = false;
      for (const id of reach[after]) {
        const node = nodes[id]!;
        if (node.kind === "match") matched = true;
        else if (node.kind === "char" && columns.get(node.set)![column] === 1) next.add(node.to);
      }
      spend(reach[after].length + 1);
      row[column] = matched
        ? MATCHED
        : next.size === 0
          ? DEAD
          : idOf({ nodes: [...next].toSorted((a, b) => a - b), before: after });
    }
    rows.push(row);
    accepts.push(closure(state, "end").some((id) => nodes[id]!.kind === "match") ? 1 : 0);
  }

  const table = new Uint16Array(rows.length * width);
  for (const [i, row] of rows.entries()) table.set(row, i * width);
  return { table, width, accepts: Uint8Array.from(accepts), classes };
}

const tooLarge = () =>
  new RegexMistake(
    "needs too large a table to be matched in bounded time: repeat less, begin with `^`, or use `maxLength` for lengths",
  );

function holds(what: "start" | "end" | "word" | "not-word", before: Before, after: "word" | "other" | "end"): boolean {
  if (what === "start") return before === "start";
  if (what === "end") return after === "end";
  const isBoundary = (before === "word") !== (after === "word");
  return isBoundary === (what === "word");
}

interface Partition {
  classes: Classes;
  /** By class: 1 when the set holds it. */
  members(set: CharSet): Uint8Array;
  /** One code point of each class. */
  samples: readonly number[];
}

function classesOf(all: readonly CharSet[]): Partition {
  const sets = [...new Map(all.map((set) => [JSON.stringify(set), set])).values()];
  const cuts = new Set([0]);
  for (const set of sets) for (const [from, to] of set) cuts.add(from).add(to + 1);
  cuts.delete(0x110000);
  const starts = Uint32Array.from([...cuts].toSorted((a, b) => a - b));
  const signatures: string[] = Array.from(starts, () => "");
  for (const [i, set] of sets.entries()) {
    let at = 0;
    for (const [j, start] of starts.entries()) {
      while (at < set.length && set[at]![1] < start) at++;
      if (at < set.length && set[at]![0] <= start) signatures[j] += `${i},`;
    }
  }
  const known = new Map<string, number>();
  const samples: number[] = [];
  const classOf = Uint8Array.from(signatures, (signature, i) => {
    const id = known.get(signature) ?? known.size;
    if (id > 0xff) throw tooLarge();
    if (id === known.size) samples.push(starts[i]!);
    known.set(signature, id);
    return id;
  });
  return {
    classes: { starts, classOf },
    samples,
    members: (set) =>
      Uint8Array.from(samples, (code) => (set.some(([from, to]) => from <= code && code <= to) ? 1 : 0)),
  };
}
