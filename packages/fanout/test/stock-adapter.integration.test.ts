/** The log keeps the wire format of the stock adapter: a stock server reads it, a stock client gets it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type RedisServer, startRedis, waitFor } from "@rollcall/testkit";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFanoutLog, emitLua, encodeEntry, encodeHeartbeat, keysOf, type LogEntry } from "../src/index.ts";
import { AT, follow, INSTALL, message } from "./follow.ts";

const KEY = keysOf(INSTALL, AT.cell).log(AT.partition);

let redisServer: RedisServer;
beforeAll(async () => {
  redisServer = await startRedis();
});
afterAll(() => redisServer.stop());

test("a stock server with the stock adapter delivers our entries to a stock client", async () => {
  const redis = redisServer.connect();
  const adapterRedis = new Redis(redisServer.url);
  const http = createServer();
  const server = new Server(http, { adapter: createAdapter(adapterRedis, { streamName: KEY }) });
  server.on("connection", async (socket) => {
    await socket.join(String(socket.handshake.auth.room));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const got = new Map<string, unknown[]>();
  const clients = ["r:main/a", "r:main/b"].map((room) => {
    const client = io(url, { transports: ["websocket"], forceNew: true, auth: { room } });
    got.set(room, []);
    client.on("a:b", (...args) => got.get(room)!.push(args));
    return client;
  });
  await waitFor(() => clients.every((client) => client.connected) && server.of("/").adapter.rooms.has("r:main/b"));
  const log = createFanoutLog(redis, { install: INSTALL });
  // Its poller begins at `$`, sometime: repeat a first message until it is seen.
  await waitFor(
    async () => {
      await log.append(AT, message("first"));
      return got.get("r:main/a")!.length > 0;
    },
    { everyMs: 100 },
  );
  await redis.xadd(KEY, "*", ...encodeHeartbeat("e1"));
  const payload = { text: 'a "quoted" é😀 },"opts":{"rooms":[' };
  const packetJson = JSON.stringify(["a:b", payload, { id: "m1" }]);
  await log.append(AT, message("m1", { targets: ["r:main/a", "r:main/b"], except: ["r:main/b"], packetJson }));
  await log.append(AT, message("m2", { targets: ["r:main/b"] }));
  await waitFor(() => got.get("r:main/b")!.length > 0);
  expect(got.get("r:main/a")!.at(-1)).toEqual([payload, { id: "m1" }]);
  expect(got.get("r:main/b")).toEqual([[{}, { id: "m2" }]]);
  for (const client of clients) client.disconnect();
  await server.close();
  adapterRedis.disconnect();
  redis.disconnect();
});

test("the Lua include writes the very fields of encodeEntry, and a reader takes them", async () => {
  const redis = redisServer.connect();
  await redis.del(KEY);
  await using follower = await follow(redisServer.url);
  const script = `#!lua
${emitLua}
local e = { nsp = ARGV[2], tenant = ARGV[3], room = ARGV[4], mid = ARGV[5], tp = ARGV[6], ev = ARGV[7],
  packet = ARGV[8], x = ARGV[9], vol = ARGV[10] }
return rollcall_emit(KEYS[1], ARGV[1], e)`;
  const entries: LogEntry[] = [
    message("m1"),
    message("m2", { targets: ["r:main/a", "u:main/ann"], except: ["s:main/a/b", "s:main/a/c"], namespace: "/chat" }),
    message("m3", { volatile: true, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }),
    message("m4", {
      packetJson: JSON.stringify(["a:b", '%1 %% "\\ é😀 \n', { id: "m4" }]),
      volatile: true,
      except: ["u:main/b%1"],
    }),
  ];
  for (const entry of entries) {
    const { namespace, tenant, targets, mid, traceparent = "", event, packetJson, except = [] } = entry;
    const args = [namespace, tenant, targets.join(" "), mid, traceparent, event, packetJson, except.join(" ")];
    const id = String(await redis.eval(script, 1, KEY, 100, ...args, entry.volatile === true ? "1" : ""));
    const [[, fields]] = (await redis.xrange(KEY, id, id)) as [[string, string[]]];
    expect(fields).toEqual(encodeEntry(entry));
  }
  await waitFor(() => follower.mids().length === entries.length);
  expect(follower.mids()).toEqual(["m1", "m2", "m3", "m4"]);
  redis.disconnect();
});
