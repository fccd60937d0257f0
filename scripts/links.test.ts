/** What our pages link to is there: files, folders, headings. Nothing is fetched. */

import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const IGNORED = /(?:^|\/)(?:node_modules|dist|\.rollcall|results)(?:\/|$)/;
/** Not pages but parts of one, whose links are its own. */
const PARTS = new Set(["loadtest/bench/remarks.md"]);
const pages = globSync("**/*.md", { cwd: ROOT, exclude: (path) => IGNORED.test(path) }).filter(
  (page) => !PARTS.has(page),
);

/** Without what stands in code, where a bracket is no link. */
const prose = (text: string): string =>
  text.replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1/gm, "").replaceAll(/`[^`\n]*`/g, "``");

/** As GitHub names the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title] of text.replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1/gm, "").matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const words = title!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
    let name = slug;
    for (let i = 1; anchors.has(name); i++) name = `${slug}-${i}`;
    anchors.add(name);
  }
  for (const [, id] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id!);
  return anchors;
}

function brokenLinks(page: string): string[] {
  const file = join(ROOT, page);
  const text = readFileSync(file, "utf8");
  const targets = [
    ...prose(text).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|^\[[^\]]+\]: +(\S+)|<img[^>]* src="([^"]+)"/gm),
  ];
  return targets.flatMap(([, inline, reference, image]) => {
    const target = (inline ?? reference ?? image)!;
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
    const [path = "", anchor] = decodeURI(target).split("#");
    const to = path === "" ? file : join(dirname(file), path);
    if (!existsSync(to)) return [`${target}: there is no ${relative(ROOT, to)}`];
    if (anchor === undefined || /^L\d+/.test(anchor)) return [];
    if (statSync(to).isDirectory() || !to.endsWith(".md")) return [`${target}: an anchor of what is no page`];
    return anchorsOf(readFileSync(to, "utf8")).has(anchor) ? [] : [`${target}: no such heading`];
  });
}

test.each(pages)("%s", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test("a page that is missing and a heading that is not there would be noticed", () => {
  expect(anchorsOf("# A title, with `code` & [a link](x.md)\n## Twice\n## Twice\n")).toEqual(
    new Set(["a-title-with-code--a-link", "twice", "twice-1"]),
  );
});

/** The pages a link leads to: a folder is its README, or what lies in it. */
function pagesAt(path: string): string[] {
  if (path.endsWith(".md")) return pages.includes(path) ? [path] : [];
  const readme = join(path, "README.md");
  return pages.includes(readme) ? [readme] : pages.filter((page) => dirname(page) === path);
}

test("every page can be reached from the README", () => {
  const reached = new Set<string>();
  const next = ["README.md"];
  for (let page = next.pop(); page !== undefined; page = next.pop()) {
    if (reached.has(page)) continue;
    reached.add(page);
    for (const [, path] of prose(readFileSync(join(ROOT, page), "utf8")).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (!/^[a-z]+:/.test(path!)) next.push(...pagesAt(relative(ROOT, join(ROOT, dirname(page), path!))));
    }
  }
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});
