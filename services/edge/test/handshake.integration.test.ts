import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { waitFor } from "@rollcall/testkit";
import { SignJWT } from "jose";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorld, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ env: { CONNECT_TIMEOUT_MS: "2500" } });
});
afterAll(() => world[Symbol.asyncDispose]());

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${world.edges[0]!.url}${path}`, { method, headers }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode!, headers: response.headers, body: "" });
    });
    asked.on("error", reject);
    asked.end();
  });
}

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};
const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

describe("the public port", () => {
  it("answers polling with 400, readable for a page of any origin", async () => {
    const answer = await get("/socket.io/?EIO=4&transport=polling", { Origin: "https://app.test" });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toEqual({ code: 0, message: 'Transport unknown: use transports ["websocket"]' });
    expect(answer.headers["access-control-allow-origin"]).toBe("https://app.test");
    expect((await get("/socket.io/?EIO=4&transport=polling", { Origin: "https://app.test" }, "OPTIONS")).status).toBe(
      204,
    );
  });

  it("serves Socket.IO and nothing else", async () => {
    for (const path of ["/", "/metrics", "/readyz", "/socket.io/socket.io.js", "/socket.iox/", "/%ff", "//"]) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it.each<[string, string, Record<string, string>, number]>([
    ["no origin", WEBSOCKET, {}, 101],
    ["a listed origin", WEBSOCKET, { Origin: "http://localhost:5173" }, 101],
    ["an origin that is not listed", WEBSOCKET, { Origin: "https://evil.test" }, 403],
    ["the null origin", WEBSOCKET, { Origin: "null" }, 403],
    ["transport=__proto__", "/socket.io/?EIO=4&transport=__proto__", {}, 400],
    ["polling by upgrade", "/socket.io/?EIO=4&transport=polling", {}, 400],
    ["no transport", "/socket.io/", {}, 400],
    ["EIO 3", "/socket.io/?EIO=3&transport=websocket", {}, 400],
    ["EIO 99", "/socket.io/?EIO=99&transport=websocket", {}, 400],
    ["a session id", `${WEBSOCKET}&sid=abc`, {}, 400],
    ["another path", "/other/?EIO=4&transport=websocket", {}, 404],
    ["websocket version 99", WEBSOCKET, { "Sec-WebSocket-Version": "99" }, 400],
  ])("an upgrade with %s is answered %s %j with %i", async (_name, path, headers, status) => {
    expect((await get(path, { ...UPGRADE, ...headers })).status).toBe(status);
  });

  it.each(["GET // HTTP/1.1", "GET http://[ HTTP/1.1", "GET /%zz?a=%zz HTTP/1.1"])("survives %s", async (line) => {
    const socket = connectTcp(Number(new URL(world.edges[0]!.url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => (answer += data.toString()));
    const headers = Object.entries({ Host: "edge", ...UPGRADE }).map(([name, value]) => `${name}: ${value}`);
    socket.write(`${line}\r\n${headers.join("\r\n")}\r\n\r\n`);
    await waitFor(() => answer.startsWith("HTTP/1.1 4"));
    socket.destroy();
  });

  it("closes a connection that never sends CONNECT", async () => {
    const socket = new WebSocket(`${world.edges[0]!.url.replace("http", "ws")}${WEBSOCKET}`);
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.addEventListener("message", ({ data }) => data === "2" && socket.send("3"));
    await closed;
  });
});

describe("CONNECT", () => {
  const nowS = () => Math.floor(Date.now() / 1_000);
  async function refusal(auth: Record<string, unknown>, namespace = ""): Promise<Error & { data?: unknown }> {
    const socket = io(`${world.edges[0]!.url}${namespace}`, { transports: ["websocket"], forceNew: true, auth });
    const error = await new Promise<Error>((resolve, reject) => {
      socket.on("connect_error", resolve);
      socket.on("connect", () => reject(new Error("it connected")));
    });
    expect(socket.active).toBe(false); // final for stock clients
    socket.disconnect();
    return error;
  }
  const token = (claims: Record<string, unknown>) => world.keys.token({ user: "ann", claims });

  it.each<[string, () => Record<string, unknown> | Promise<Record<string, unknown>>, string]>([
    ["no token", () => ({}), "AUTH_REQUIRED"],
    ["a token that is none", () => ({ token: "abc" }), "AUTH_INVALID"],
    ["a token of another type", () => ({ token: 5 }), "PAYLOAD_INVALID"],
    ["an expired token", async () => ({ token: await world.keys.token({ user: "ann", ttlS: -60 }) }), "AUTH_EXPIRED"],
    ["another issuer", async () => ({ token: await token({ iss: "https://evil.test" }) }), "AUTH_INVALID"],
    ["another audience", async () => ({ token: await token({ aud: "shop" }) }), "AUTH_INVALID"],
    ["no sub", async () => ({ token: await token({ sub: undefined }) }), "AUTH_INVALID"],
    ["a sub outside the grammar", async () => ({ token: await token({ sub: "a/b" }) }), "AUTH_INVALID"],
    ["no exp", async () => ({ token: await token({ exp: undefined }) }), "AUTH_INVALID"],
    ["exp as text", async () => ({ token: await token({ exp: String(nowS() + 60) }) }), "AUTH_INVALID"],
    ["no iat", async () => ({ token: await token({ iat: undefined }) }), "AUTH_INVALID"],
    [
      "an iat in the future",
      async () => ({ token: await token({ iat: nowS() + 120, exp: nowS() + 600 }) }),
      "AUTH_INVALID",
    ],
    ["a life above the limit", async () => ({ token: await token({ exp: nowS() + 90_000 }) }), "AUTH_INVALID"],
    ["a bad tenant", async () => ({ token: await token({ tenant: "A" }) }), "AUTH_INVALID"],
    ["another protocol", async () => ({ token: await token({}), protocol: 2 }), "PROTOCOL_UNSUPPORTED"],
    ["a short session id", async () => ({ token: await token({}), session: "short" }), "PAYLOAD_INVALID"],
    ["a namespace the token does not name", async () => ({ token: await token({ ns: ["/other"] }) }), "FORBIDDEN"],
    [
      "alg none",
      async () => {
        const [, body] = (await token({})).split(".");
        return { token: `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.` };
      },
      "AUTH_INVALID",
    ],
    [
      "HS256 with the public key",
      async () => ({
        token: await new SignJWT({ sub: "ann", iss: world.keys.issuer, aud: world.keys.audience, cap: {} })
          .setProtectedHeader({ alg: "HS256", kid: world.keys.jwks.keys[0]!.kid! })
          .setIssuedAt()
          .setExpirationTime("1h")
          .sign(Buffer.from(JSON.stringify(world.keys.jwks.keys[0]))),
      }),
      "AUTH_INVALID",
    ],
    ["a token of 20 KB", async () => ({ token: `${await token({})}${"x".repeat(20_000)}` }), "AUTH_INVALID"],
  ])("with %s is refused as it says", async (_name, auth, code) => {
    const error = await refusal(await auth());
    expect(error.message).toBe(code);
    expect(error.data).toMatchObject({ code, retryable: false });
    expect(JSON.stringify(error.data)).not.toContain("evil");
  });

  it("to an undeclared namespace gets Socket.IO's own answer", async () => {
    const error = await refusal({ token: await token({}) }, "/nowhere");
    expect(error.message).toBe("Invalid namespace");
    expect(error.data).toBeUndefined();
  });

  it("twice at once for one namespace closes the transport, and leaves no session", async () => {
    const socket = new WebSocket(`${world.edges[0]!.url.replace("http", "ws")}${WEBSOCKET}`);
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
    const connect = `40${JSON.stringify({ token: await token({}) })}`;
    socket.send(connect);
    socket.send(connect);
    await closed;
    await waitFor(() => world.edges[0]!.edge.sessions === 0);
  });

  it.each([
    ["an event before CONNECT", '42["room:join",{}]'],
    ["a binary event", '451-["x",{"_placeholder":true,"num":0}]'],
    ["a packet type that is none", "4z"],
    ["an unknown ack id of 30 digits", `42${"1".repeat(30)}["x"]`],
    ["a packet of the server", '44{"message":"x"}'],
    ["a frame above 64 KiB", `42["x","${"a".repeat(70_000)}"]`],
  ])("%s closes the transport", async (_name, frame) => {
    const socket = new WebSocket(`${world.edges[0]!.url.replace("http", "ws")}${WEBSOCKET}`);
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
    socket.send(frame);
    await closed;
  });
});
