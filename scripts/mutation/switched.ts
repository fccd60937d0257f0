/** A source with all of its mutants in it, each behind a switch, so that it is loaded once and not once for each. */

import { childrenOf, isNode, type Mutant, mutantsOf, type Node, programOf } from "./mutants.ts";

/** What the switched source asks. The runner sets it. */
export interface Switch {
  /** Whether that mutant is the one in force. */
  is(id: number): boolean;
  /** Called by each turn of a loop; throws when a mutant made it endless. */
  turn(): true;
  /** The same for what is iterated. */
  turns<T>(all: Iterable<T>): Iterable<T>;
  /** What a module keeps between calls: what one mutant left there must not answer for the next. */
  keeps(kept: Kept): void;
}

export type Kept = Map<unknown, unknown> | Set<unknown>;

const LOOPS = new Set(["ForStatement", "WhileStatement", "DoWhileStatement"]);

/** Ids count from `first`, in the order of `mutants`. */
export function switched(file: string, text: string, first: number): { text: string; mutants: Mutant[] } {
  const mutants = mutantsOf(file, text);
  const ids = new Map<string, { mutant: Mutant; id: number }[]>();
  for (const [i, mutant] of mutants.entries()) {
    const at = `${mutant.start}-${mutant.end}-${mutant.kind}`;
    const known = ids.get(at);
    if (known === undefined) ids.set(at, [{ mutant, id: first + i }]);
    else known.push({ mutant, id: first + i });
  }

  const whole = (node: Node): string => {
    let out = "";
    let at = node.start;
    for (const child of childrenOf(node)) {
      if (child.start < at) continue; // `{ a }` is a key and a value
      out += text.slice(at, child.start) + rendered(child, node);
      at = child.end;
    }
    return out + text.slice(at, node.end);
  };
  const rendered = (node: Node, parent?: Node): string => {
    const range = `${node.start}-${node.end}`;
    const statement = /Statement$/.test(node.type);
    const here = ids.get(`${range}-${statement ? "statement" : "expression"}`) ?? [];
    // An expression and its statement without a semicolon, or a parenthesis and what it holds, have one range: the outer takes it.
    ids.delete(`${range}-${statement ? "statement" : "expression"}`);
    let out = whole(node);
    if (statement) for (const { id } of here) out = `{ if (!__switch.is(${id})) { ${out} } }`;
    else if (here.length > 0) {
      const cases = here.map(({ mutant, id }) => `__switch.is(${id}) ? (${mutant.to}) : `).join("");
      out = `(${cases}(${out}))`;
    }
    if (parent !== undefined && LOOPS.has(parent.type) && parent.test === node) return `__switch.turn() && (${out})`;
    return parent?.type === "ForOfStatement" && parent.await !== true && parent.right === node
      ? `__switch.turns(${out})`
      : out;
  };
  const program = programOf(file, text);
  const kept = keptBy(program).map((name) => `\n__switch.keeps(${name});`);
  return { text: rendered(program) + kept.join(""), mutants };
}

/** Names of the module's own maps and sets. */
function keptBy(program: Node): string[] {
  const declarations = childrenOf(program).flatMap((one) =>
    one.type === "VariableDeclaration" ? childrenOf(one) : [],
  );
  return declarations.flatMap(({ id, init }) => {
    const callee = isNode(init) && init.type === "NewExpression" ? (init.callee as Node) : undefined;
    return callee?.name === "Map" || callee?.name === "Set" ? [(id as Node).name as string] : [];
  });
}
