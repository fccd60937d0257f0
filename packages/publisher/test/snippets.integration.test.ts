import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, type Snippets, snippet, startSnippets } from "./snippets.ts";

describe("docs/publishing.md", () => {
  let snippets: Snippets;
  beforeAll(async () => {
    snippets = await startSnippets();
  });
  afterAll(() => snippets.close());

  it("publishes from TypeScript as it says", async () => {
    const { place, env, expectPublished } = snippets;
    const file = place("publish.ts", snippet("ts"));
    await expectPublished(() => run(process.execPath, [file], { env }));
  });

  it.each(["ts", "go", "python", "java", "sh"])("has a %s snippet with the whole identity", (language) => {
    const text = snippet(language);
    for (const word of ["4711-shipped", "/shop/orders", "shop.order.shipped"]) expect(text).toContain(word);
  });
});
