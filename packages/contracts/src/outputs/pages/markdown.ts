/** The catalogue as Markdown (GitHub's), where no text can become markup: the same content as the page. */

import type { Catalogue } from "../../catalogue.ts";
import type { Inline } from "../inline.ts";
import { type Card, contentOf, type RoomCard, type Section, type Table, wordsOf } from "./content.ts";
import type { Fact } from "./facts.ts";

export function renderMarkdown(catalogue: Catalogue, { hash }: { hash: string }): string {
  const { sections, errors, limits } = contentOf(catalogue, hash);
  const parts = [
    `# Contracts ${hash}`,
    "Written by `rollcall contracts docs`. Do not edit.",
    ...sections.flatMap(sectionParts),
    "## Errors",
    tableText(
      ["code", "retry", "meaning"],
      errors.map(({ code, retryable, message }) => [codeSpan(code), retryable ? "yes" : "no", escapeText(message)]),
    ),
    "## Limits",
    "Defaults: a server or a token may set lower ones; `session:ready` tells which apply.",
    tableText(
      ["what", "limit"],
      limits.map(({ name, value }) => [escapeText(name), escapeText(value)]),
    ),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function sectionParts({ title, intro, rooms, cards }: Section): string[] {
  return [
    `## ${escapeText(title)}`,
    ...intro.map(paragraph),
    ...(rooms.length === 0 ? [] : ["### Rooms", ...rooms.flatMap(roomParts)]),
    ...(rooms.length === 0 || cards.length === 0 ? [] : ["### Events"]),
    ...cards.flatMap(cardParts),
  ];
}

function roomParts({ pattern, description, facts, tables }: RoomCard): string[] {
  return [`#### ${codeSpan(pattern)}`, paragraph(description), factsText(facts), ...tables.flatMap(tableParts)];
}

function cardParts(card: Card): string[] {
  const { name, kind, directions, description, deprecated, facts, tables, examples, errors, snippets } = card;
  const errorList =
    errors.map((error) => codeSpan(error)).join(", ") +
    (kind === "command" ? ", and what the backend answers with" : "");
  return [
    `#### ${codeSpan(name)}`,
    `*${kind}, ${directions.join(" and ")}*`,
    paragraph(description),
    deprecated === undefined ? "" : `**${escapeText(deprecated)}**`,
    factsText(facts),
    ...tables.flatMap(tableParts),
    ...examples.flatMap((example, i) => [...(i === 0 ? ["Examples:"] : []), fenced("json", example)]),
    ...(errors.length === 0 ? [] : [`Errors: ${errorList}`]),
    ...snippets.flatMap(({ title, language, code }) => [`${escapeText(title)}:`, fenced(language, code)]),
  ];
}

function tableParts({ title, fields }: Table): string[] {
  if (fields.length === 0) return [`${inlineText(title)}: an empty object.`];
  const rows = fields.map((field) => [
    field.path === "" ? "*the value*" : codeSpan(field.path, true),
    codeSpan(field.type, true),
    field.presence,
    escapeText(wordsOf(field)),
  ]);
  return [`${inlineText(title)}:`, tableText(["field", "type", "presence", "meaning and limits"], rows)];
}

const factsText = (facts: readonly Fact[]): string =>
  facts.map(({ label, text }) => `- ${label}: ${inlineText(text)}`).join("\n");

const inlineText = (inline: Inline): string =>
  inline.map((piece) => (typeof piece === "string" ? escapeText(piece) : codeSpan(piece.code))).join("");

function tableText(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lineOf = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [lineOf(header), `|${" --- |".repeat(header.length)}`, ...rows.map(lineOf)].join("\n");
}

const paragraph = (text: string): string => escapeText(text.trim());

/** Every character that Markdown or HTML could take for its own; one paragraph stays one line. */
export function escapeText(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]()<>#+\-.!|~&$:@]/g, (char) => (needsNone(char) ? char : `\\${char}`))
    .replaceAll("\\<", "&lt;")
    .replaceAll("\\>", "&gt;")
    .replaceAll("\\&", "&amp;")
    .replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, "<br>");
}

/** Harmless within a line, and better to read as they are. */
const needsNone = (char: string): boolean => "(){}+-.!:@$#".includes(char);

/** With a fence longer than any in it. In a table a bar ends a cell even within code. */
export function codeSpan(text: string, inTable = false): string {
  const flat = text.replaceAll(/[\r\n\u2028\u2029]+/g, " ");
  const fence = "`".repeat(longestRun(flat) + 1);
  const space = /^[` ]|[` ]$/.test(flat) ? " " : "";
  return `${fence}${space}${inTable ? flat.replaceAll("|", "\\|") : flat}${space}${fence}`;
}

export function fenced(language: string, text: string): string {
  const fence = "`".repeat(Math.max(longestRun(text) + 1, 3));
  return `${fence}${language}\n${text}\n${fence}`;
}

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
