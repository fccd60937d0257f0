/**
 * The catalogue as one page that needs nothing else: no network, no other file. It reads without its script, which only
 * searches; the policy in its head lets no other script run, whatever a contract says.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Catalogue } from "../../catalogue.ts";
import type { Inline } from "../inline.ts";
import { type Card, type Content, contentOf, type RoomCard, type Section, type Table, wordsOf } from "./content.ts";
import type { Fact } from "./facts.ts";
import type { Field } from "./fields.ts";
import { Html, html } from "./html.ts";

const asset = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), "utf8");

export function renderPage(catalogue: Catalogue, { hash }: { hash: string }): string {
  const content = contentOf(catalogue, hash);
  const [style, script] = [asset("page.css"), asset("page.js")];
  const policy = `default-src 'none'; style-src '${digest(style)}'; script-src '${digest(script)}'; base-uri 'none'; form-action 'none'`;
  const cards = content.sections.flatMap((section) => section.cards);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rollcall contracts ${hash}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the events</a>
<header class="top">
<h1>Contracts <small>${hash}</small></h1>
<form class="search" role="search">
<label for="q" class="unseen">Search events, fields, descriptions</label>
<input id="q" type="search" placeholder="Search events, fields, owners  ( / )" autocomplete="off" spellcheck="false">
<fieldset><legend class="unseen">Show</legend>${FILTERS.map(
    ([name, label]) => html`<label><input type="checkbox" name="${name}" checked>${label}</label>`,
  )}</fieldset>
<output id="found">${cards.length} events</output>
</form>
</header>
<nav aria-label="Events">${content.sections.map(navSection)}<h2><a href="#errors">Errors</a></h2><h2><a href="#limits">Limits</a></h2></nav>
<main id="main">
<p id="nothing" hidden>Nothing is called so, and nothing says so.</p>
${content.sections.map(sectionHtml)}
${errorsHtml(content)}
${limitsHtml(content)}
</main>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

const FILTERS = [
  ["relay", "relays"],
  ["command", "commands"],
  ["event", "events"],
  ["core", "core"],
] as const;

const digest = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

function navSection({ id, title, cards }: Section): Html {
  return html`<h2><a href="#${id}">${title}</a></h2>
<ul>${cards.map((card) => html`<li data-for="${card.id}"><a href="#${card.id}" class="${card.kind}">${card.name}</a></li>\n`)}</ul>
`;
}

function sectionHtml({ id, title, intro, rooms, cards }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${intro.map((text) => html`<p class="words">${text}</p>`)}
${rooms.length > 0 && html`<h3>Rooms</h3>`}
${rooms.map(roomHtml)}
${rooms.length > 0 && cards.length > 0 && html`<h3>Events</h3>`}
${cards.map(cardHtml)}
</section>
`;
}

function roomHtml({ id, pattern, description, facts, tables }: RoomCard): Html {
  return html`<article id="${id}" class="card room">
<h4><code>${pattern}</code></h4>
${description !== "" && html`<p class="words">${description}</p>`}
${factsHtml(facts)}
${tables.map(tableHtml)}
</article>
`;
}

const ARROWS = { "client to server": "client → server", "server to client": "server → client" } as const;

function cardHtml(card: Card): Html {
  const { id, name, kind, directions, description, deprecated, facts, tables, examples, errors, snippets } = card;
  return html`<article id="${id}" class="card" data-kind="${kind}" data-search="${searchText(card)}">
<h4><a href="#${id}"><code>${name}</code></a> <span class="badge ${kind}">${kind}</span>${directions.map(
    (direction) => html` <span class="badge way">${ARROWS[direction]}</span>`,
  )}${deprecated !== undefined && html` <span class="badge old">deprecated</span>`}</h4>
${description !== "" && html`<p class="words">${description}</p>`}
${deprecated !== undefined && html`<p class="words warning">${deprecated}</p>`}
${factsHtml(facts)}
<details><summary>Payload, examples, code</summary>
${tables.map(tableHtml)}
${examples.length > 0 && html`<h5>${examples.length === 1 ? "Example" : "Examples"}</h5>`}
${examples.map((example) => codeBlock(example))}
${
  errors.length > 0 &&
  html`<h5>Errors</h5>
<p>${errors.map((error) => html`<a href="#error-${error}"><code>${error}</code></a> `)}${kind === "command" && "and what the backend answers with"}</p>`
}
${snippets.map(({ title, code }) => html`<h5>${title}</h5>\n${codeBlock(code)}`)}
</details>
</article>
`;
}

/** Can be reached by the keyboard, because it may have to be scrolled. */
const codeBlock = (text: string) => html`<pre tabindex="0"><code>${text}</code></pre>\n`;

function searchText({ name, kind, directions, description, facts, tables }: Card): string {
  const owner = facts.filter(({ label }) => label === "Owner").flatMap(({ text }) => text);
  const paths = tables.flatMap(({ fields }) => fields.map(({ path }) => path));
  return [name, kind, ...directions, description, ...owner.map(String), ...paths].join(" ").toLowerCase();
}

function factsHtml(facts: readonly Fact[]): Html {
  return html`<dl>${facts.map(({ label, text }) => html`<dt>${label}</dt><dd>${inlineHtml(text)}</dd>\n`)}</dl>`;
}

const inlineHtml = (inline: Inline): Html[] =>
  inline.map((piece) => (typeof piece === "string" ? html`${piece}` : html`<code>${piece.code}</code>`));

function tableHtml({ title, fields }: Table): Html {
  if (fields.length === 0) return html`<h5>${inlineHtml(title)}</h5>\n<p>An empty object.</p>\n`;
  return html`<h5>${inlineHtml(title)}</h5>
<div class="wide" tabindex="0"><table class="fields">
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Presence</th><th scope="col">Meaning and limits</th></tr></thead>
<tbody>
${fields.map(fieldHtml)}</tbody></table></div>
`;
}

function fieldHtml(field: Field): Html {
  const { path, type, presence } = field;
  const name = path === "" ? html`<em>the value</em>` : html`<code>${path}</code>`;
  return html`<tr><th scope="row">${name}</th><td><code>${type}</code></td><td>${presence}</td><td>${wordsOf(field)}</td></tr>\n`;
}

function errorsHtml({ errors }: Content): Html {
  return html`<section id="errors" aria-labelledby="errors-title">
<h2 id="errors-title">Errors</h2>
<div class="wide" tabindex="0"><table>
<thead><tr><th scope="col">Code</th><th scope="col">Retry</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${errors.map(
  ({ code, retryable, message }) =>
    html`<tr id="error-${code}"><th scope="row"><code>${code}</code></th><td>${retryable ? "yes" : "no"}</td><td>${message}</td></tr>\n`,
)}</tbody></table></div>
</section>
`;
}

function limitsHtml({ limits }: Content): Html {
  return html`<section id="limits" aria-labelledby="limits-title">
<h2 id="limits-title">Limits</h2>
<p>Defaults: a server or a token may set lower ones; <code>session:ready</code> tells which apply.</p>
<dl>${limits.map(({ name, value }) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>
</section>
`;
}
