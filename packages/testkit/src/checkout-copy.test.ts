import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CheckoutCopy, replaced, replacing } from "./checkout-copy.ts";
import { tempFolder } from "./temp.ts";

const lessThan = { file: "a.ts", from: "a < b", to: "$& || a === b" };

describe("a text that is replaced", () => {
  test("stands once, and what takes its place is taken literally", () => {
    expect(replaced("if (a < b) f();", lessThan)).toBe("if ($& || a === b) f();");
  });

  test.each(["if (a > b) f();", "a < b; a < b;"])("not in %s", (text) => {
    expect(() => replaced(text, lessThan)).toThrow("a.ts does not hold once: a < b");
  });
});

describe("sources that are changed for a while", () => {
  const copy = new CheckoutCopy(tempFolder("checkout-copy"));
  const path = join(copy.root, "a.ts");
  const source = "if (a < b) f();";
  const edits = [replacing(lessThan), { file: "a.ts", edited: (text: string) => `${text} // more` }];

  test("hold all edits meanwhile, in their order, and then what they held", async () => {
    writeFileSync(path, source);
    expect(await copy.with(edits, async () => readFileSync(path, "utf8"))).toBe("if ($& || a === b) f(); // more");
    expect(readFileSync(path, "utf8")).toBe(source);
  });

  test.each([
    ["an act that fails", edits, "no"],
    ["an edit that cannot be made", [edits[1]!, edits[0]!, edits[0]!], "does not hold once"],
  ])("also after %s", async (_, these, message) => {
    writeFileSync(path, source);
    await expect(copy.with(these, () => Promise.reject(new Error("no")))).rejects.toThrow(message);
    expect(readFileSync(path, "utf8")).toBe(source);
  });
});
