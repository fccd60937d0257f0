/** What a page of a very large room costs Redis: the time of one call, as Redis itself measures it. */

import { startRedis } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { redisWorld } from "./worlds.ts";

const MEMBERS = 100_000;
const PAGE = 500;
const ROOM = { tenant: "main", namespace: "/", room: "large" };

test(`a page of ${PAGE} members of ${MEMBERS}`, async () => {
  const server = await startRedis();
  const client = server.connect();
  try {
    const world = redisWorld(client, "page");
    await world.at(Date.UTC(2026, 0, 1));
    await world.store.hello("edge-1");
    const key = "{page:c0}:r:main:%2F:large:";
    await client.hset(`${key}i`, { b: "1", v: "1", s: "0", q: "0" });
    for (let at = 0; at < MEMBERS; at += 1_000) {
      const members = Array.from(
        { length: 1_000 },
        (_, i) => `u${String(at + i).padStart(6, "0")}\u0001s\u0002${at + i}`,
      );
      await client.zadd(`${key}roster`, ...members.flatMap((member) => ["0", member]));
    }
    await world.store.room(ROOM, { after: "", limit: PAGE });
    await client.config("RESETSTAT");
    let read = 0;
    for (let after = ""; ; ) {
      const { members } = await world.store.room(ROOM, { after, limit: PAGE });
      read += members.length;
      if (members.length < PAGE) break;
      after = members.at(-1)!.user;
    }
    expect(read).toBe(MEMBERS);
    const [, calls, usec] = /^cmdstat_evalsha:calls=(\d+),usec=(\d+)/m.exec(await client.info("commandstats"))!;
    console.log(`${calls} pages of ${PAGE}: ${(Number(usec) / Number(calls)).toFixed(0)} us of Redis each`);
  } finally {
    client.disconnect();
    await server.stop();
  }
});
