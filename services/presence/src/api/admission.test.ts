import { RollcallError } from "@rollcall/contracts";
import type { LaneOp } from "@rollcall/contracts/internal";
import { expect, test } from "vitest";
import type { Revocations } from "../redis/revocations.ts";
import { admit } from "./admission.ts";

const ref = { tenant: "main", namespace: "/", user: "ann", session: "phone-0123456789abcdef" };
const rules = { retainMs: 0 };
const ops: LaneOp[] = [
  { n: 1, op: "open", ref, issuedAtMs: 1, expiresAtMs: 2 },
  { n: 2, op: "join", ref, incarnation: 1, room: "a", rules, observe: false },
  {
    n: 3,
    op: "assert",
    round: "r",
    last: true,
    sessions: [{ ref, incarnation: 1, issuedAtMs: 1, expiresAtMs: 2, rooms: [] }],
  },
  { n: 4, op: "leave", ref, incarnation: 1, room: "a", reason: "leave" },
];
const nobody = { user: () => Promise.reject(new Error("not asked")) };
const revocationsThat = (ask: Revocations["ask"]): Revocations => ({ ask, record: () => Promise.resolve(0) });

test("nothing revoked: everything may go on, and no session is looked up", async () => {
  const none = revocationsThat(async (all) => all.map(() => ({ userMs: undefined, roomMs: undefined })));
  const { ops: admitted, refused, revoked } = await admit(ops, none, nobody);
  expect(admitted).toEqual(ops);
  expect([refused.size, revoked.size]).toEqual([0, 0]);
});

test("[X3] unknown whether anybody is revoked: nobody comes in, everybody may leave, who is in stays", async () => {
  const away = revocationsThat(() => Promise.reject(new RollcallError("UNAVAILABLE")));
  const { ops: admitted, refused } = await admit(ops, away, nobody);
  expect(admitted).toEqual(ops);
  expect([...refused]).toEqual([
    [1, "UNAVAILABLE"],
    [2, "UNAVAILABLE"],
  ]);
});
