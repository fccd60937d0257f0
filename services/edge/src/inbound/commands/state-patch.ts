/** `state:patch`: a patch of a room's state, whole or not at all. The contract says which keys there are and who may. */

import type { StateOp } from "@rollcall/contracts";
import { type LaneData, patchIssues, roomRules, ruledOps } from "@rollcall/contracts/internal";
import type { Session } from "../../clients/session.ts";
import type { Parts } from "../../parts.ts";
import { type Command, command } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { roomResource } from "../room-rights.ts";

interface Patch {
  room: string;
  ops: StateOp[];
}

const bytesOf = (ops: StateOp[]) => JSON.stringify(ops).length * 2 + 512;

export function statePatch(parts: Parts): Command {
  return command<Patch>({
    event: "state:patch",
    shape: coreShape("state:patch"),
    allowed: mayPatch,
    room: ({ room }) => room,
    memberOnly: true,
    conforms({ ops }, contract) {
      const issues = patchIssues(ops, contract);
      return issues.length === 0 ? undefined : issues;
    },
    async run({ session, payload: { room, ops }, id, span }) {
      const contract = session.contract.room(room)!;
      const { link } = parts.cellOf(session.ref.tenant);
      const data = await link.submit(
        {
          op: "patch",
          ref: session.ref,
          room,
          rules: roomRules(contract),
          ops: ruledOps(ops, contract, "session"),
          traceparent: span.traceparent,
          ...(id === undefined ? {} : { id }),
        },
        { bytes: bytesOf(ops) },
      );
      const { epoch, version } = data as Extract<LaneData, { op: "patch" }>;
      return { epoch, version };
    },
  });
}

function mayPatch(session: Session, { room, ops }: Patch, nowMs: number): boolean {
  const contract = session.contract.room(room);
  const isObserver = session.rooms.get(room)?.observe === true;
  return ops.every((op) => {
    const key = contract?.state?.key(op.key);
    const binds = op.op !== "delete" && (key?.writeOwner === true || (op.op === "set" && op.bind === "session"));
    if (isObserver && binds) return false;
    return session.rights.allows(roomResource(room), key?.op ?? "state", nowMs);
  });
}
