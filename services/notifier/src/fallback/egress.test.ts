import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@rollcall/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isPrivate, post } from "./egress.ts";

describe("private addresses", () => {
  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "not an address",
  ])("%s is one", (address) => {
    expect(isPrivate(address)).toBe(true);
  });

  it.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])(
    "%s is none",
    (address) => {
      expect(isPrivate(address)).toBe(false);
    },
  );
});

describe("post", () => {
  let server: Server;
  let base = "";
  const seen: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${body}`);
        const [, kind = "", rest = ""] = request.url!.split("/");
        if (kind === "to") response.writeHead(307, { location: decodeURIComponent(rest) }).end();
        else response.writeHead(Number(kind), { "retry-after": "7" }).end("x".repeat(200_000));
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((done) => server.close(done)));

  const send = (url: string, allowPrivate = true) =>
    post(url, {
      headers: { a: "b" },
      body: "hi",
      allowPrivate,
      timeoutMs: 5_000,
      clock: systemClock,
      signal: new AbortController().signal,
    });

  it("tells the status, and how long to stay away", async () => {
    expect(await send(`${base}/503`)).toEqual({ status: 503, retryAfterS: 7 });
  });

  it("follows a redirect with the body, and not for ever", async () => {
    expect(await send(`${base}/to/${encodeURIComponent("/204")}`)).toMatchObject({ status: 204 });
    expect(seen.at(-1)).toBe("POST /204 hi");
    await expect(send(`${base}/to/`)).rejects.toThrow(/redirects/);
  });

  it("refuses private addresses, literal, by name and by redirect", async () => {
    await expect(send(`${base}/204`, false)).rejects.toThrow(/private/);
    await expect(send(base.replace("127.0.0.1", "localhost"), false)).rejects.toThrow(/private/);
    await expect(send(`${base}/to/${encodeURIComponent("ftp://x/")}`)).rejects.toThrow(/http/);
    await expect(send("http://[::ffff:127.0.0.1]/", false)).rejects.toThrow(/private/);
    await expect(send("http://2130706433/", false)).rejects.toThrow(/private/);
    await expect(send("http://user:pw@example.com/")).rejects.toThrow(/credentials/);
  });
});
