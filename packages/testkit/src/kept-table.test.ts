import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type KeptTable, keepRow, keepTable, keptRow } from "./kept-table.ts";
import { REPOSITORY } from "./service-process.ts";
import { tempFolder } from "./temp.ts";

const PAGE = join(tempFolder("kept-table"), "page.md");
const [BEGIN, END] = ["begin", "end"].map((mark) => `<!-- written by the worth campaign: ${mark} -->`);
const table: KeptTable = {
  file: relative(REPOSITORY, PAGE),
  campaign: "worth",
  head: ["core", "score"],
  numbers: ["score"],
};
const lines = () => readFileSync(PAGE, "utf8").split("\n");

beforeEach(() => {
  writeFileSync(PAGE, `Before.\n\n${BEGIN}\n${END}\n\nAfter.\n`);
});

test("a table stands between its marks, and nothing else is touched", () => {
  keepTable(table, [["b", "1"]]);
  const expected = [
    "Before.",
    "",
    BEGIN,
    "",
    "| core | score |",
    "| --- | ---: |",
    "| b | 1 |",
    "",
    END,
    "",
    "After.",
    "",
  ];
  expect(lines()).toEqual(expected);
});

test("a row takes the place of its earlier one; those of other runs stay, in order; what is no more is gone", () => {
  keepTable(table, [
    ["gone", "0"],
    ["b", "1"],
  ]);
  keepRow(table, ["a", "2"], ["a", "b"]);
  keepRow(table, ["b", "3"], ["a", "b"]);
  expect(lines().slice(6, 8)).toEqual(["| a | 2 |", "| b | 3 |"]);
  expect(keptRow(table, "b")).toEqual(["b", "3"]);
  expect(keptRow(table, "gone")).toBeUndefined();
});

test.each([BEGIN, END])("a page without %s is left as it is, and said", (mark) => {
  writeFileSync(PAGE, readFileSync(PAGE, "utf8").replace(mark!, ""));
  expect(() => keepTable(table, [])).toThrow("has no place for the table of worth");
});
