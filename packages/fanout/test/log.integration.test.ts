import { faultProxy, waitFor } from "@rollcall/testkit";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { createFanoutLog } from "../src/index.ts";
import { AT, INSTALL, message } from "./follow.ts";
import { KEY, logScene } from "./log-scene.ts";

const scene = logScene();

describe("appending", () => {
  test("too large is refused before anything is written", async () => {
    const packetJson = `["a:b","${"x".repeat(128 * 1024)}"]`;
    await expect(scene.log.append(AT, message("a", { packetJson }))).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
    });
    expect(await scene.logged()).toEqual([]);
  });

  test("in flight when the connection is lost: refused, and not sent again behind one's back", async () => {
    await using proxy = await faultProxy(scene.server.url);
    const lossy = new Redis(proxy.url, { maxRetriesPerRequest: 0 });
    lossy.on("error", () => {});
    await waitFor(() => lossy.status === "ready");
    proxy.halfOpen();
    const pending = createFanoutLog(lossy, { install: INSTALL }).append(AT, message("a"));
    proxy.reset();
    await expect(pending).rejects.toMatchObject({ code: "UNAVAILABLE" });
    proxy.heal();
    await waitFor(() => lossy.status === "ready");
    expect(await scene.logged()).toEqual([]);
    lossy.disconnect();
  });

  test("the log is trimmed", async () => {
    const short = createFanoutLog(scene.redis, { install: INSTALL, maxLen: 100 });
    for (let i = 0; i < 500; i++) await short.append(AT, message(`m${i}`));
    expect(await scene.redis.xlen(KEY)).toBeLessThan(250);
  });
});
