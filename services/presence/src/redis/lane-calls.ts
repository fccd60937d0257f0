/** A batch of lane operations as calls of the script `lane`: in order, in one round trip, in pieces that hold Redis shortly. */

import type { ErrorCode } from "@rollcall/contracts";
import type { LaneOp } from "@rollcall/contracts/internal";
import { redisError } from "@rollcall/runtime";
import type { LaneOutcome, OpResult } from "../store.ts";
import type { CellScripts } from "./cell-scripts.ts";
import { decodeResult, encodeOp } from "./ops.ts";
import { isOutOfMemory } from "./scripts.ts";

/** Operations in one call of `lane`: under a millisecond of Redis. An assertion is a call of its own. */
const CHUNK_OPS = 16;

export function applyLane(
  scripts: CellScripts,
  edge: string,
  ops: readonly LaneOp[],
  refused: ReadonlyMap<number, ErrorCode>,
): Promise<LaneOutcome> {
  const chunks = chunksOf(ops);
  const encode = (run: string, memory: "" | "1") => (chunk: readonly LaneOp[]) => {
    const body = chunk.flatMap((op) => callOf(op, refused.get(op.n)));
    return [run, edge, chunk[0]!.n, memory, ...body];
  };
  return scripts.inEpoch(async (run): Promise<LaneOutcome | undefined> => {
    const replies = await scripts.pipeline("lane", chunks.map(encode(run, "")));
    // Memory is full: what gives some back goes through, the rest is refused, in order.
    const full = replies.findIndex(isOutOfMemory);
    if (full >= 0) {
      const rest = await scripts.pipeline("lane-release", chunks.slice(full).map(encode(run, "1")));
      replies.splice(full, replies.length, ...rest);
    }
    for (const reply of replies) if (reply instanceof Error) throw redisError(reply);
    const outcomes = replies as unknown[][];
    if (outcomes.some(([status]) => status === "EPOCH")) return undefined;
    const stamp = scripts.stamp(outcomes.at(-1)!);
    if (outcomes.some(([status]) => status !== "OK")) return { status: "UNKNOWN_EDGE", ...stamp };
    const results = outcomes.flatMap(([, , , replied], i) => decoded(chunks[i]!, replied as (string | unknown[])[]));
    return { status: "OK", ...stamp, results };
  });
}

/** The results of one call. A join that says no position has that of the one before. */
function decoded(ops: readonly LaneOp[], replies: readonly (string | unknown[])[]): OpResult[] {
  let position = "";
  return replies.map((reply, i) => {
    const result = decodeResult(ops[i]!, typeof reply === "string" ? reply.split("\n") : reply);
    if (result.kind === "join") position = result.facts.position ||= position;
    return result;
  });
}

function chunksOf(ops: readonly LaneOp[]): LaneOp[][] {
  const chunks: LaneOp[][] = [];
  for (const op of ops) {
    const last = chunks.at(-1);
    const alone = op.op === "assert" || last?.[0]?.op === "assert";
    if (last === undefined || alone || last.length === CHUNK_OPS) chunks.push([op]);
    else last.push(op);
  }
  return chunks;
}

/** An operation that cannot be encoded is still counted: the script answers INTERNAL for a name it does not know. */
function callOf(op: LaneOp, refused: ErrorCode | undefined): (string | number)[] {
  if (refused !== undefined) return ["refuse", 1, refused];
  try {
    const args = encodeOp(op);
    return [op.op, args.length, ...args];
  } catch {
    return ["unreadable", 0];
  }
}
