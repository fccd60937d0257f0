/**
 * Which operations of a batch are refused before they reach the store: opens and joins under a revoked token. What is
 * recorded after this was asked ends the sessions it finds, and edges are told, so nobody slips through in between.
 */

import { type ErrorCode, RollcallError } from "@rollcall/contracts";
import type { LaneOp } from "@rollcall/contracts/internal";
import type { Revocations } from "../redis/revocations.ts";
import type { PresenceStore } from "../store.ts";

type Asking = Extract<LaneOp, { op: "open" | "join" }>;

/** By number; what is not in it may go on. */
export async function refusals(
  ops: readonly LaneOp[],
  revocations: Revocations,
  store: Pick<PresenceStore, "user">,
): Promise<Map<number, ErrorCode>> {
  const asking = ops.filter((op): op is Asking => op.op === "open" || op.op === "join");
  if (asking.length === 0) return new Map();
  const refused = new Map<number, ErrorCode>();
  try {
    const answers = await revocations.ask(
      asking.map((op) => ({ ...op.ref, ...(op.op === "join" ? { room: op.room } : {}) })),
    );
    for (const [i, op] of asking.entries()) {
      const { userMs, roomMs } = answers[i]!;
      if (userMs === undefined && roomMs === undefined) continue;
      const issuedAtMs = op.op === "open" ? op.issuedAtMs : await issuedAt(op, store);
      if (userMs !== undefined && issuedAtMs <= userMs) refused.set(op.n, "AUTH_REVOKED");
      else if (roomMs !== undefined && issuedAtMs <= roomMs) refused.set(op.n, "FORBIDDEN");
    }
  } catch (error) {
    // Who is revoked cannot be known: nobody comes in, everybody may leave.
    const { code } = RollcallError.from(error);
    for (const op of asking) refused.set(op.n, code === "INTERNAL" ? "INTERNAL" : "UNAVAILABLE");
  }
  return refused;
}

/** Of the token its session came with. A session opened in the same batch has just been asked for itself. */
async function issuedAt({ ref }: Extract<LaneOp, { op: "join" }>, store: Pick<PresenceStore, "user">): Promise<number> {
  const { sessions } = await store.user(ref.tenant, ref.user);
  const session = sessions.find((one) => one.ref.namespace === ref.namespace && one.ref.session === ref.session);
  return session?.issuedAtMs ?? Number.POSITIVE_INFINITY;
}
