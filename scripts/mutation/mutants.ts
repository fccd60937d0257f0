/**
 * The mistakes a mutation run makes in a source: one small change each, as texts that replace a range. What the compiler
 * or a reader would notice at once (a missing name, another message for a person) is not among them.
 */

import { parseSync } from "oxc-parser";

export interface Mutant {
  start: number;
  end: number;
  line: number;
  from: string;
  to: string;
  /** A statement is left out; anything else is an expression that has another value. */
  kind: "statement" | "expression";
}

export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

const COMPARISONS: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
};
const ARITHMETIC: Readonly<Record<string, string>> = { "-": "+", "*": "/", "/": "*", "%": "*", "+": "-" };
const OTHER_METHODS: Readonly<Record<string, string>> = { some: "every", every: "some", min: "max", max: "min" };
/** Without them a list or a text is what it was. */
const NARROWING = new Set(["filter", "slice", "toSorted", "toReversed", "trim"]);
const LOOPS = new Set(["ForStatement", "WhileStatement", "DoWhileStatement"]);
const REMOVED = new Set(["ThrowStatement", "ContinueStatement", "BreakStatement"]);
const ACTS = new Set([
  "CallExpression",
  "AwaitExpression",
  "AssignmentExpression",
  "UpdateExpression",
  "ChainExpression",
]);

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** In the order in which they stand; types, names of properties and what is imported are left out. */
export function childrenOf(node: Node): Node[] {
  if (node.type === "ImportDeclaration" || node.type === "ExportAllDeclaration") return [];
  const hidden = hiddenFieldOf(node);
  const children = Object.entries(node).flatMap(([field, value]) =>
    field === hidden ? [] : (Array.isArray(value) ? value : [value]).filter(isNode),
  );
  const values = children.filter(({ type }) => !type.startsWith("TS") || /^TS(As|NonNull|Satisfies)/.test(type));
  return values.toSorted((one, other) => one.start - other.start);
}

function hiddenFieldOf(node: Node): string | undefined {
  if (node.type === "MemberExpression") return node.computed === true ? undefined : "property";
  return "key" in node && node.computed !== true ? "key" : undefined;
}

export function programOf(file: string, text: string): Node {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  return program as unknown as Node;
}

export function mutantsOf(file: string, text: string): Mutant[] {
  const found: Mutant[] = [];
  const textOf = ({ start, end }: Node) => text.slice(start, end);
  const visit = (node: Node, parents: readonly Node[]): void => {
    for (const to of replacementsOf(node, parents, textOf)) {
      const { start, end } = node;
      const line = text.slice(0, start).split("\n").length;
      found.push({ start, end, line, from: textOf(node), to, kind: to === "" ? "statement" : "expression" });
    }
    for (const child of childrenOf(node)) visit(child, [node, ...parents]);
  };
  visit(programOf(file, text), []);
  return found;
}

function replacementsOf(node: Node, [parent, ...others]: readonly Node[], textOf: (node: Node) => string): string[] {
  const part = (field: string) => textOf(node[field] as Node);
  const isTest = parent?.test === node;
  switch (node.type) {
    case "ThrowStatement":
    case "ContinueStatement":
    case "BreakStatement":
    case "ExpressionStatement":
      return isRemovable(node, parent) ? [""] : [];
    case "LogicalExpression": {
      const [left, right] = [part("left"), part("right")];
      const other =
        node.operator === "&&" ? [`${left} || ${right}`] : node.operator === "||" ? [`(${left}) && (${right})`] : [];
      return [...conditions(isTest, parent), left, right, ...other];
    }
    case "BinaryExpression":
      return [...conditions(isTest, parent), ...otherOperators(node, isTest, part)];
    case "UnaryExpression":
      if (node.operator === "!") return isTest ? conditions(true, parent) : [part("argument")];
      return node.operator === "-" ? [part("argument")] : [];
    case "UpdateExpression":
      return isNode(parent) && parent.type === "ExpressionStatement" ? [] : [textOf(node).replaceAll(/\+\+|--/g, "")];
    case "Literal":
      return isTest ? [] : literals(node, parent, others);
    case "ArrayExpression":
      return (node.elements as unknown[]).length > 0 ? ["[]"] : [];
    case "CallExpression":
      return [...conditions(isTest, parent), ...otherCalls(node, parent, textOf)];
    default:
      return conditions(isTest, parent);
  }
}

/** A loop that never ends is no mistake that needs a test. */
function conditions(isTest: boolean, parent: Node | undefined): string[] {
  if (!isTest || parent === undefined || parent.type === "SwitchCase") return [];
  return LOOPS.has(parent.type) ? ["false"] : ["true", "false"];
}

function isRemovable(node: Node, parent: Node | undefined): boolean {
  if (node.type !== "ExpressionStatement") return REMOVED.has(node.type) && parent?.type !== "SwitchCase";
  const { type, callee } = node.expression as Node;
  return ACTS.has(type) && (callee as Node | undefined)?.type !== "Super";
}

function otherOperators(node: Node, isTest: boolean, part: (field: string) => string): string[] {
  const operator = node.operator as string;
  const other = COMPARISONS[operator];
  // As a test it is true and false already.
  if (other !== undefined) {
    return isTest && operator.endsWith("==") ? [] : [`${part("left")} ${other} ${part("right")}`];
  }
  const arithmetic = ARITHMETIC[operator];
  if (arithmetic === undefined || (operator === "+" && joinsText(node))) return [];
  return [`(${part("left")}) ${arithmetic} (${part("right")})`];
}

const joinsText = (node: Node): boolean =>
  [node.left, node.right].some(
    (side) =>
      isNode(side) &&
      (side.type === "TemplateLiteral" || typeof side.value === "string" || (side.operator === "+" && joinsText(side))),
  );

function literals({ value }: Node, parent: Node | undefined, others: readonly Node[]): string[] {
  if (typeof value === "boolean") return [String(!value)];
  if (typeof value === "number") return [String(value + 1)];
  const isCode = typeof value === "string" && /^[A-Za-z][\w.:-]+$/.test(value);
  const isRead =
    parent?.type === "BinaryExpression" || parent?.type === "SwitchCase" || parent?.type === "ExpressionStatement";
  const isSaid = [parent, ...others].some((one) => one?.type === "NewExpression" || one?.type === "ThrowStatement");
  return isCode && !isRead && !isSaid ? ['"another"'] : [];
}

function otherCalls(node: Node, parent: Node | undefined, textOf: (node: Node) => string): string[] {
  const callee = node.callee as Node;
  // Of an optional chain a part alone means something else.
  if (callee.type !== "MemberExpression" || callee.computed === true || parent?.type === "ChainExpression") return [];
  const [object, name] = [textOf(callee.object as Node), textOf(callee.property as Node)];
  if (object.includes("?.") || callee.optional === true || parent?.type === "MemberExpression") return [];
  const other = OTHER_METHODS[name];
  if (other !== undefined) return [`${object}.${other}${textOf(node).slice(textOf(callee).length)}`];
  return NARROWING.has(name) ? [object] : [];
}
