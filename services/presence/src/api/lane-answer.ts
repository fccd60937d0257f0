/** What the store made of a lane operation, as the edge is answered. */

import { RollcallError } from "@rollcall/contracts";
import type { LaneData, LaneOp } from "@rollcall/contracts/internal";
import type { OpResult } from "../store.ts";
import type { RevokedOnes } from "./admission.ts";

export function errorOf({ code, message, details }: Extract<OpResult, { kind: "error" }>): RollcallError {
  return new RollcallError(code, {
    ...(message === "" || code === "INTERNAL" ? {} : { message }),
    ...(details === undefined ? {} : { details }),
  });
}

export function dataOf(op: LaneOp, result: OpResult, revoked?: RevokedOnes): LaneData {
  switch (result.kind) {
    case "open": {
      const observing = result.memberships.filter(({ observe }) => observe).map(({ room }) => room);
      return {
        op: "open",
        incarnation: result.incarnation,
        resumed: result.resumed,
        rooms: result.memberships.map(({ room }) => room),
        ...(observing.length === 0 ? {} : { observing }),
      };
    }
    case "set":
      return { op: "set", version: result.version };
    case "update":
      return { op: "update", version: result.version };
    case "patch":
      return { op: "patch", epoch: result.epoch, version: result.version };
    case "publish": {
      const { id, ts, seq } = result;
      return { op: "publish", id, ts, ...(seq === undefined ? {} : { seq }) };
    }
    case "assert": {
      const { sessions } = op as Extract<LaneOp, { op: "assert" }>;
      const replaced = sessions.filter((_, i) => result.incarnations[i] === undefined).map(({ ref }) => ref);
      const incarnations = sessions.flatMap(({ ref }, i) => {
        const incarnation = result.incarnations[i];
        return incarnation === undefined ? [] : [{ ref, incarnation }];
      });
      if (revoked === undefined) return { op: "assert", replaced, incarnations };
      // An edge that knows no `revoked` lets them go all the same.
      const { sessions: gone, rooms: removed } = revoked;
      return { op: "assert", replaced: [...replaced, ...gone], incarnations, revoked: gone, removed };
    }
    case "digest":
      return { op: "digest", equal: result.equal };
    default:
      return op.op === "bye" ? { op: "bye" } : { op: op.op === "leave" ? "leave" : "close" };
  }
}
