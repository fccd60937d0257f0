import { expect, test } from "vitest";
import { codeSpan, escapeText, fenced } from "./markdown.ts";

test.each([
  ["plain words, 1.5 (and so on) - yes!", "plain words, 1.5 (and so on) - yes!"],
  ["a | b", "a \\| b"],
  ["*bold* _em_ ~s~ [x](y)", "\\*bold\\* \\_em\\_ \\~s\\~ \\[x\\](y)"],
  ["<script> & \\", "&lt;script&gt; &amp; \\\\"],
  ["`code`", "\\`code\\`"],
  ["two\n\n# lines\u2028three", "two<br># lines<br>three"],
])("%j cannot be markup", (text, escaped) => {
  expect(escapeText(text)).toBe(escaped);
});

test.each([
  ["a", "`a`"],
  ["a`b", "``a`b``"],
  ["`a", "`` `a ``"],
  ["``` x", "```` ``` x ````"],
  ["a\nb", "`a b`"],
])("%j as code ends where it should", (text, span) => {
  expect(codeSpan(text)).toBe(span);
});

test("a bar in a table's code is none of its borders", () => {
  expect(codeSpan("a|b", true)).toBe("`a\\|b`");
  expect(codeSpan("a|b")).toBe("`a|b`");
});

test("a block's fence is longer than any in it", () => {
  expect(fenced("js", "a\n```\nb")).toBe("````js\na\n```\nb\n````");
});
