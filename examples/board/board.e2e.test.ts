/** The page in a real Chromium: two people on two edges, who meet, collide, and lose an edge. */

import { join } from "node:path";
import { type Cluster, startCluster } from "@rollcall/testkit";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BoardPage, serveBoard } from "./serve.ts";
import { launchChromium } from "./test/chromium.ts";

let cluster: Cluster;
let board: BoardPage;
let browser: Browser;
let ada: Page;
let ben: Page;
/** What the pages complained of. */
const complaints: string[] = [];

beforeAll(async () => {
  // Both are ended by `afterAll` also when the other one fails to start.
  const started = await Promise.allSettled([
    startCluster({
      edges: 2,
      notifiers: 0,
      traces: false,
      contractsDir: join(import.meta.dirname, "contracts"),
      // The page's client waits at its true scale, so the grace has to be near its own.
      env: { GRACE_MS: "9000" },
    }).then((one) => {
      cluster = one;
    }),
    launchChromium().then((one) => {
      browser = one;
    }),
  ]);
  for (const one of started) if (one.status === "rejected") throw one.reason;
  board = await serveBoard({
    port: 0,
    tokenFor: (user) => cluster.keys.token({ user, name: user }),
    edges: () => Object.fromEntries(cluster.edges.map(({ name, url }) => [name, url])),
  });
  [ada, ben] = await Promise.all([open("ada", "edge-1"), open("ben", "edge-2")]);
});
afterAll(async () => {
  await browser?.close();
  await board?.close();
  await cluster?.stop();
});

async function open(user: string, edge: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 960, height: 600 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", ({ message }) => complaints.push(`${user}: ${message}`));
  await page.goto(`${board.url}?user=${user}&edge=${edge}`);
  await live(page);
  return page;
}
const live = (page: Page) => page.locator("[data-testid=status]", { hasText: /^live$/ }).waitFor();
const note = (page: Page) => page.getByLabel("Note", { exact: true });
const shown = (page: Page, text: string) =>
  page.waitForFunction((wanted) => document.querySelector("textarea")?.value === wanted, text);

test("each sees who is here, and the other's cursor", async () => {
  for (const page of [ada, ben]) {
    for (const user of ["ada", "ben"]) await page.locator(`[data-user=${user}]`).waitFor();
  }
  await ada.mouse.move(300, 300);
  await ada.mouse.move(420, 310);
  await ben.locator('[data-cursor=ada][style*="translate(420px"]').waitFor();
});

test("a note that both edit at once is a conflict that one sees and resolves, and both show the same", async () => {
  await ada.getByText("Add a note").click();
  await note(ben).waitFor();
  await ada.locator(".note:not(.pending)").waitFor();
  await note(ada).fill("from ada");
  await note(ben).fill("from ben");
  await note(ada).blur();
  await ada.locator(".note:not(.pending)").waitFor();
  await note(ben).blur();
  const conflict = ben.locator(".note.conflict");
  await conflict.getByText("Changed by ada meanwhile").waitFor();
  await shown(ben, "from ada");
  await conflict.getByText("Keep mine").click();
  await Promise.all([ada, ben].map((page) => shown(page, "from ben")));
  expect(await ben.locator(".note.conflict").count()).toBe(0);
});

test("[P3] the death of an edge moves its page to the other one, and nobody is shown to go", async () => {
  // Looked at after each change of the list, by the page itself.
  const watch = (page: Page) =>
    page.evaluate(() => {
      const list = document.querySelector(".members")!;
      const users = () =>
        [...list.children]
          .map((item) => item.getAttribute("data-user"))
          .sort()
          .join();
      const seen = [users()];
      new MutationObserver(() => seen.push(users())).observe(list, { childList: true });
      Object.assign(window, { seen });
    });
  const seen = (page: Page) => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  await Promise.all([watch(ada), watch(ben)]);
  await cluster.edges[0]!.kill("SIGKILL");
  await ada.waitForFunction(() => document.querySelector("select")?.value === "edge-2");
  await live(ada);
  await ada.mouse.move(200, 200);
  await ada.mouse.move(222, 210);
  await ben.locator('[data-cursor=ada][style*="translate(222px"]').waitFor();
  for (const page of [ada, ben]) expect(new Set(await seen(page))).toEqual(new Set(["ada,ben"]));
  expect(complaints).toEqual([]);
});
