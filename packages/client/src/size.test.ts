import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

const MAX_GZIP_BYTES = 8 * 1024;

/** Our code as an app's bundler would ship it: minified, without what we depend on. */
async function bundle(entry: string) {
  const build = await rolldown({
    input: new URL(entry, import.meta.url).pathname,
    external: ["socket.io-client", "react"],
    platform: "browser",
    treeshake: true,
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  const [chunk] = output;
  return { bytes: gzipSync(chunk.code, { level: 9 }).length, imports: chunk.imports };
}

describe("what an app downloads", () => {
  it(`the client is at most ${MAX_GZIP_BYTES} bytes gzipped and imports socket.io-client alone`, async () => {
    const { bytes, imports } = await bundle("./index.ts");
    expect(imports).toEqual(["socket.io-client"]);
    expect(bytes).toBeLessThanOrEqual(MAX_GZIP_BYTES);
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    expect(readme).toContain(`**${(bytes / 1000).toFixed(1)} KB** gzipped`);
  });

  it("the fold alone imports nothing", async () => {
    expect((await bundle("./fold.ts")).imports).toEqual([]);
  });
});
