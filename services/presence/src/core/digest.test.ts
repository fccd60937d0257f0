import { digestHashes } from "@rollcall/contracts/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sessionOf } from "../../test/sessions.ts";
import { digestOf, EMPTY_DIGEST, foldSession, sameDigest } from "./digest.ts";
import { newUser, type Session } from "./user.ts";

const session = (id: string, rooms: readonly string[]): Session =>
  sessionOf(id, { rooms: rooms.map((room) => ({ room, observe: false })) });

test("[E2] folding in and out in any order leaves what is there", () => {
  const rooms = fc.uniqueArray(fc.constantFrom("a", "b", "c"));
  fc.assert(
    fc.property(fc.array(rooms, { maxLength: 5 }), (all) => {
      const user = { ...newUser("main", "ann"), sessions: all.map((names, i) => session(`s${i}`, names)) };
      let digest = EMPTY_DIGEST;
      for (const one of user.sessions) digest = foldSession(digest, user, one, 1);
      expect(sameDigest(digest, digestOf("e1", [user]))).toBe(true);
      for (const one of user.sessions.toReversed()) digest = foldSession(digest, user, one, -1);
      expect(digest).toEqual(EMPTY_DIGEST);
    }),
  );
});

test("[E2] lost sessions, and those of other edges, are not in it", () => {
  const user = {
    ...newUser("main", "ann"),
    sessions: [
      { ...session("s", ["a"]), lost: "lost" },
      { ...session("t", []), edge: "e2" },
    ],
  };
  expect(digestOf("e1", [user])).toEqual(EMPTY_DIGEST);
});

test("[E2] digests are equal in all of their parts, whatever the sign a store gives a word", () => {
  const digest = { count: 2, x1: 0xa9993e36, x2: 0x4706816a };
  expect(sameDigest(digest, { ...digest, x1: digest.x1 | 0 })).toBe(true);
  for (const other of [{ count: 3 }, { x1: 1 }, { x2: 1 }])
    expect(sameDigest(digest, { ...digest, ...other })).toBe(false);
});

test("the hashes are the first words of SHA-1, as `redis.sha1hex` gives them", () => {
  expect(digestHashes("abc")).toEqual([0xa9993e36, 0x4706816a]);
});
