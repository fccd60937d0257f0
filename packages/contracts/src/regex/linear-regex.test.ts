import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LinearRegex, linearRegex, regexMistake } from "./linear-regex.ts";
import { RegexMistake } from "./nfa.ts";

const agree = (pattern: string, texts: readonly string[]) => {
  const [ours, native] = [new LinearRegex(pattern), new RegExp(pattern, "u")];
  for (const text of texts) expect(ours.test(text), JSON.stringify([pattern, text])).toBe(native.test(text));
};

const isRefused = (pattern: string): boolean => {
  try {
    return linearRegex(pattern) === undefined;
  } catch (error) {
    if (error instanceof RegexMistake) return true;
    throw error;
  }
};

describe("means what JavaScript means", () => {
  const texts = ["", "a", "b", "ab", "aab", "abc", "é", "𝒳", "a𝒳b", "\ud800", "a\nb", "a b", "_", "-", "0", "10", "\u2028", "A", "]", "a-b"]; // biome-ignore format: one line
  test.each([
    "", "a", "^a", "a$", "^$", "^a$", "a|b", "^(?:a|bc)$", "a*b", "^a+?b", "a{2}", "^a{1,2}$", "a{2,}", "^(a|b)*c$", "[a-c]", "[^a-c]", "^[^]$",
    ".", "^.$", "^..$", "\\d", "\\D", "\\w+$", "\\W", "\\s", "\\S", "\\bb", "b\\b", "a\\Bb", "\\b", "^\\B", "\\p{L}", "^\\P{L}$", "[\\p{Lu}\\d]", "[^\\w\\s]",
    "\\u{1d4b3}", "\\ud800", "^[\\u0000-\\u{10ffff}]$", "(?<name>a)b", "x?^a", "a$b?", "(?:^|b)a", "(?:a*)*b", "(?:a|a)*$", "(?:|a)+b", "\\]", "[\\]-]",
  ])("%s", (pattern) => agree(pattern, texts)); // biome-ignore format: one table

  test("any expression, any text", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "[ab]",
      "[^a]",
      ".",
      "\\w",
      "\\W",
      "\\b",
      "\\B",
      "^",
      "$",
      "é",
      "\\u{1d4b3}",
      "\\d",
    );
    const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4 },
        atom,
        tie("part"),
        fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => a + b),
      ),
      part: fc
        .tuple(
          fc.array(tie("pattern"), { minLength: 1, maxLength: 3 }),
          fc.constantFrom("", "*", "+?", "?", "{2}", "{0,2}", "{1,}"),
        )
        .map(([each, count]) => `(?:${each.join("|")})${count}`),
    }));
    const text = fc.array(fc.constantFrom("a", "b", "é", "𝒳", "\ud835", "_", " ", "\n", "0"), { maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.array(text, { maxLength: 10 }), (source, all) => {
        // V8 looks for `\B` between the halves of a surrogate pair as well, where ECMAScript has no place.
        if (source.includes("\\B") && all.flat().includes("𝒳")) return;
        if (!isRefused(source))
          agree(
            source,
            all.map((each) => each.join("")),
          );
      }),
      { numRuns: 300 },
    );
  });

  test("any code point at which an expression may change its mind, and at the ends of the tables", () => {
    const ends = [
      0x7e, 0x7f, 0x80, 0x81, 0xff, 0x100, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff, 0x10000, 0x10ffff,
    ];
    const texts = ends.flatMap((code) => [code - 1, code].map((one) => String.fromCodePoint(one)));
    for (const code of ends) {
      const hex = code.toString(16);
      for (const set of [`[\\u{${hex}}]`, `[^\\u{${hex}}]`, `[\\u{${hex}}-\\u{10ffff}]`]) {
        agree(`^${set}$`, texts);
        agree(`^${set}{2}$`, [...texts, ...texts.map((text) => `a${text}`), ...texts.map((text) => `${text}a`)]);
      }
    }
  });

  test("one expression is one table; flags make another, and its text says which", () => {
    expect(linearRegex("ab+")).toBe(linearRegex("ab+"));
    expect(linearRegex("ab+", "i")).not.toBe(linearRegex("ab+"));
    expect(String(linearRegex("ab+", "ui"))).toBe("/ab+/ui");
  });

  test("`i` takes both cases of Latin letters", () => {
    const regex = new LinearRegex("^[a-f]x$", "i");
    expect(["ax", "AX", "Fx", "gx"].map((text) => regex.test(text))).toEqual([true, true, true, false]);
  });
});

describe("no text is slow", () => {
  // What takes a backtracking engine years or minutes. Each character is one look-up here: it only has to come back.
  test.each<[string, string]>([
    ["^(a+)+$", "a"],
    ["^(a|a)*$", "a"],
    ["^(?:a?){50}a{50}$", "a"],
    ["^([a-z]{1,16}\\.?){1,8}$", "a"],
    ["\\d+$", "1"],
    ["^\\s*(?:\\S+\\s*)*x$", "a "],
    ["(x+x+)+y", "x"],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a"],
  ])("%s", (pattern, text) => {
    expect(linearRegex(pattern).test(`${text.repeat(32_000)}!`)).toBe(false);
  });

  test("a table grows with the expression, not with its ambiguity", () => {
    expect(new LinearRegex("^(a+)+$").states).toBeLessThan(8);
    expect(new LinearRegex("^[a-z]{1,128}$").states).toBeLessThan(140);
  });
});

describe("no expression is accepted that stops an engine which backtracks", () => {
  const SLOW = /exponentially many ways.*repeat nothing/;
  test.each([
    "^(a+)+$", "^(a*)*$", "(x+x+)+y", "^(a|a)*$", "^(a|ab|b)*$", "^(?:[a-z]+\\.?)*$", "^(?:\\w+\\s?)*$", "^(?:a?b?)*$", "^(([a-z])+.)+[A-Z]([a-z])+$",
    "^(?:a{1,3})*$", "^(?:[a-z]{1,16}\\.?){1,8}$", "^(?:.*,){10,}", "^(\\d|[0-5])+$",
  ])("%s", (pattern) => expect(regexMistake(pattern)).toMatch(SLOW)); // biome-ignore format: one table

  test.each([
    "^[a-z]+$", "\\d+$", "^\\w*\\w*$", "^(?:a|b)*$", "^(?:[0-9a-f]{2})+$", "^(?:[a-z]+-)*[a-z]+$", "^\\d{1,3}(?:,\\d{3})*$", "^(?:\\d{1,3}\\.){3}\\d{1,3}$",
    "^[a-z0-9]+(?:[._-][a-z0-9]+)*@[a-z0-9-]+(?:\\.[a-z0-9-]+)+$", "^/(?:[^~/]|~[01])*$", "^(?:\\p{L}|\\d)+$", "^#[0-9a-f]{6}$", "^(?:a{2,3}b)*$", "^(?:\\s*\\w)*$",
  ])("%s is accepted", (pattern) => expect(regexMistake(pattern)).toBeUndefined()); // biome-ignore format: one table
});

describe("what cannot be matched in bounded time is refused, with advice", () => {
  test.each<[string, RegExp]>([
    ["(", /^is no regular expression: Unterminated group$/],
    ["a{2,1}", /^is no regular expression/],
    ["(a)\\1", /refers back.*write the cases out/],
    ["(?<n>a)\\k<n>", /refers back/],
    ["^(?=.*[A-Z])a", /looks ahead or behind.*`allOf`/],
    ["(?<!a)b", /looks ahead or behind/],
    ["(?i:a)", /changes its flags/],
    ["(?:a{1,1000}){1,1000}", /repeats too much.*`maxLength`/],
    ["(?:a|b)*a(?:a|b){15}$", /too large a table/],
  ])("%s", (pattern, expected) => {
    expect(regexMistake(pattern)).toMatch(expected);
  });

  test("what is longer than is looked at", () => {
    const long = `^${"a".repeat(1_999)}`;
    expect(new LinearRegex(long).test("a".repeat(1_999))).toBe(true);
    expect(() => new LinearRegex(`${long}a`)).toThrow("longer than 2000 characters");
  });
});
