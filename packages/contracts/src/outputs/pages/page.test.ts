import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Window } from "happy-dom";
import { beforeAll, describe, expect, test } from "vitest";
import type { Catalogue } from "../../catalogue.ts";
import { checkSources } from "../../compile/load.ts";
import { CLIENT_EVENTS } from "../../core/client-events.ts";
import { SERVER_EVENTS } from "../../core/server-events.ts";
import { ERROR_CODES } from "../../errors.ts";
import { contentOf } from "./content.ts";
import { escapeHtml } from "./html.ts";
import { codeSpan, renderMarkdown } from "./markdown.ts";
import { renderPage } from "./page.ts";

function catalogueOf(...names: string[]): Catalogue {
  const texts = names.map((file) => ({
    file,
    text: readFileSync(new URL(`../../../test/${file}`, import.meta.url), "utf8"),
  }));
  const result = checkSources(texts);
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result.catalogue;
}
let market: Catalogue;
let page: string;
let markdown: string;
beforeAll(() => {
  market = catalogueOf("contracts/market.yaml", "contracts/admin.yaml");
  page = renderPage(market, { hash: "abc" });
  markdown = renderMarkdown(market, { hash: "abc" });
}, 60_000);

/** The page in a browser of a kind, with its script run. */
function open(html: string, hash = "") {
  const window = new Window({ url: `https://docs.example/${hash}` });
  const { document } = window;
  document.documentElement.innerHTML = html.replace(/^[\s\S]*<html[^>]*>|<\/html>\s*$/g, "");
  const script = /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? "";
  new Function("document", "location", "addEventListener", script)(
    document,
    window.location,
    window.addEventListener.bind(window),
  );
  const shown = () =>
    [...document.querySelectorAll("article[data-search]")]
      .filter((card) => !card.hasAttribute("hidden"))
      .map((card) => card.id);
  const query = document.querySelector("#q") as unknown as { value: string; dispatchEvent(event: unknown): void };
  const type = (text: string) => {
    query.value = text;
    query.dispatchEvent(new window.Event("input"));
  };
  return { window, document, shown, type };
}

describe("page and Markdown say the same", () => {
  test("every event, room, field, error and limit is in both", () => {
    const { sections, errors, limits } = contentOf(market, "abc");
    const cards = sections.flatMap((section) => section.cards);
    expect(cards.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...Object.keys(CLIENT_EVENTS), ...Object.keys(SERVER_EVENTS)]),
    );
    for (const { id, name, tables, examples, snippets } of cards) {
      expect(page).toContain(`<article id="${id}"`);
      expect(markdown).toContain(`#### ${codeSpan(name)}\n`);
      for (const { path } of tables.flatMap(({ fields }) => fields)) {
        if (path === "") continue;
        expect(page).toContain(`<th scope="row"><code>${escapeHtml(path)}</code></th>`);
        expect(markdown).toContain(`| ${codeSpan(path, true)} | `);
      }
      for (const text of [...examples, ...snippets.map(({ code }) => code)]) {
        expect(page).toContain(escapeHtml(text));
        expect(markdown).toContain(text);
      }
    }
    for (const { pattern } of sections.flatMap(({ rooms }) => rooms)) {
      expect(page).toContain(`<h4><code>${pattern}</code></h4>`);
      expect(markdown).toContain(`#### \`${pattern}\``);
    }
    expect(errors.map(({ code }) => code)).toEqual(ERROR_CODES);
    for (const { code } of errors) for (const text of [page, markdown]) expect(text).toContain(code);
    for (const { value } of limits) for (const text of [page, markdown]) expect(text).toContain(value);
  });

  test("who may send, what bounds it and what becomes of it", () => {
    const words = [
      "Members of a room of `stall:*` whose token allows `bid` on `room:<room>`.",
      "Every socket in the room, the sender's too.",
      "The newest 200 of the room, for 1d.",
      "5/s per session, burst one second.",
      "Only the newest per room and session is kept; never resumed.",
      "A backend, on the NATS subject `commands.deal.close`.",
      "Deprecated since 2.1. Use deal:page. It goes in 3.0.",
      "Backends, on the subject `events.{tenant}.orders.shipped` with the CloudEvent type `shop.order.shipped`; or by the request `emit`.",
      "The users at `/customer/id` of the payload, on all their devices.",
      "Kept 7d for those who are away, until a device acknowledges it.",
      "Unacknowledged for 30s: the channel `customer-mail`.",
      "A wrong payload is counted and delivered all the same.",
      "Backends, on the subject `events.stalls.moved`, the tenant in `ce-tenantid`; or by the request `emit`.",
      "Kept 2h after the last member left; changes are published to backends.",
      "`hand:*`, written with `state`, gone with the writer's session. Who wants to speak.",
    ];
    const text = page.replaceAll(/<\/?code>/g, "`");
    for (const each of words) {
      expect(markdown).toContain(each);
      expect(text).toContain(escapeHtml(each));
    }
  });

  test("snippets are of the event's kind, with its example", () => {
    const cards = contentOf(market, "abc").sections.flatMap((section) => section.cards);
    const titles = (id: string) => cards.find((card) => card.id === id)?.snippets.map(({ title }) => title);
    expect(titles("root-offer:made".replace(":", "."))).toEqual(["Emit", "Receive"]);
    expect(titles("root-deal.close")).toEqual(["Call", "Answer, in a backend"]);
    expect(titles("root-order.shipped")).toEqual([
      "Receive",
      "Publish, with the command line",
      "Publish, from anywhere",
    ]);
    expect(titles("root-market.closed")).toEqual(["Receive"]);
    expect(markdown).toContain(`./rollcall publish order:shipped --data '{"orderId":"O-1",`);
    expect(markdown).toContain(`-H 'ce-tenantid:main' \\\n  '{"stall":"a-1","row":3}'`);
  });
});

describe("the page needs nothing and lets nothing in", () => {
  test("its policy allows its own script and style, and no other", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll("&#39;", "'");
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page)!;
    const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(page)!;
    const digest = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    expect(policy).toContain(`default-src 'none'; style-src ${digest(style)}; script-src ${digest(script)};`);
    expect(page).not.toMatch(/\s(?:style|on[a-z]+|src)=/);
    expect([...page.matchAll(/href="([^"]*)"/g)].every(([, to]) => to?.startsWith("#"))).toBe(true);
  });

  test("no text of a contract becomes markup, in the page", () => {
    const hostile = renderPage(catalogueOf("hostile/hostile.yaml"), { hash: "abc" });
    const body = hostile.slice(hostile.indexOf("<body>"));
    const allowed =
      /^(?:\/?(?:a|article|body|code|dd|details|div|dl|dt|em|fieldset|form|h[1-5]|header|input|label|legend|li|main|nav|output|p|pre|script|section|small|span|summary|table|tbody|td|th|thead|tr|ul|html))$/;
    const tags = [...body.replace(/<script>[\s\S]*/, "").matchAll(/<([^\s>]*)/g)].map(([, tag]) => tag!);
    expect(tags.filter((tag) => !allowed.test(tag))).toEqual([]);
    expect(hostile.match(/<script/g)).toHaveLength(1);
    expect(body).toContain('<p class="words">*/ export const evil = 1; /* &lt;script&gt;alert(4)&lt;/script&gt;');
  });

  test("nor in Markdown: its headings are ours, and its fences end where they should", () => {
    const hostile = renderMarkdown(catalogueOf("hostile/hostile.yaml"), { hash: "abc" });
    const prose = hostile.replaceAll(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, "").replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/g, "");
    expect(prose).not.toMatch(/<(?!br>)/);
    expect(prose).not.toMatch(/-->\s*$/m);
    const titles = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title);
    expect(titles).not.toContain("heading");
    const tables = prose.split("\n").filter((each) => each.startsWith("| "));
    for (const row of tables)
      expect(row.replaceAll("\\|", "").split("|"), row).toHaveLength(row.split(" | ").length + 2);
  });
});

describe("search", () => {
  let opened: ReturnType<typeof open>;
  beforeAll(() => {
    opened = open(page, "#root-deal.close"); // once: a browser's parser in JavaScript takes its time
  });

  test("an address opens what it names, also when a search hid it", () => {
    const { document, window, type, shown } = opened;
    const isOpen = (id: string) => document.getElementById(id)!.querySelector("details")!.hasAttribute("open");
    expect([isOpen("root-deal.close"), isOpen("root-deal.list")]).toEqual([true, false]);
    type("order:shipped");
    window.location.hash = "#root-deal.list";
    window.dispatchEvent(new window.Event("hashchange"));
    expect(isOpen("root-deal.list")).toBe(true);
    expect(shown()).toContain("root-deal.list");
  });

  test("finds by name, direction, owner, field and description, all words at once", () => {
    const { shown, type, document } = opened;
    const all = shown().length;
    for (const [words, found] of [
      ["ORDER:shipped", ["root-order.shipped", "ns-back-office-order.shipped"]],
      ["customer.id", ["root-order.shipped"]],
      ["trade-team command", ["root-deal.close"]],
      ["client server place.floor", ["ns-back-office-stall.ban"]],
      ["no such thing", []],
    ] as const) {
      type(words);
      expect(shown(), words).toEqual(found);
      expect(document.querySelector("#nothing")?.hasAttribute("hidden")).toBe(found.length > 0);
    }
    type("");
    expect(shown()).toHaveLength(all);
  });

  test("kinds can be left out, in the list of links too", () => {
    const { window, document, shown } = opened;
    for (const name of ["core", "event"]) {
      const box = document.querySelector(`input[name=${name}]`) as unknown as HTMLBox;
      box.checked = false;
      box.dispatchEvent(new window.Event("change"));
    }
    expect(shown()).toEqual([
      ...["root-deal.close", "root-deal.list", "root-hand.raised", "root-offer.made"],
      ...["ns-back-office-offer.made", "ns-back-office-stall.ban"],
    ]);
    const links = [...document.querySelectorAll("nav li")].filter((item) => !item.hasAttribute("hidden"));
    expect(links.map((item) => item.getAttribute("data-for"))).toEqual(shown());
  });
});

interface HTMLBox {
  checked: boolean;
  dispatchEvent(event: unknown): void;
}
