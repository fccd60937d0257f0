/**
 * What of a batch is refused before it reaches the store: opens, joins and assertions under a revoked token. What is
 * recorded after this was asked ends the sessions it finds, and edges are told, so nobody slips through in between.
 */

import { type ErrorCode, RollcallError } from "@rollcall/contracts";
import type { AssertedSession, LaneOp, SessionRef } from "@rollcall/contracts/internal";
import type { Revocations, Revoked } from "../redis/revocations.ts";
import type { PresenceStore } from "../store.ts";

type Op<K extends LaneOp["op"]> = Extract<LaneOp, { op: K }>;
type Store = Pick<PresenceStore, "user">;

export interface Admission {
  /** The batch; its assertions are without what is revoked. */
  readonly ops: readonly LaneOp[];
  /** By number: it counts, and is answered with the code. */
  readonly refused: ReadonlyMap<number, ErrorCode>;
  /** By the number of the assertion. */
  readonly revoked: ReadonlyMap<number, RevokedOnes>;
}

/** What an edge asserted and may no longer hold. */
export interface RevokedOnes {
  sessions: SessionRef[];
  rooms: { ref: SessionRef; room: string }[];
}

const NOTHING_REVOKED: Pick<Admission, "refused" | "revoked"> = { refused: new Map(), revoked: new Map() };

export async function admit(ops: readonly LaneOp[], revocations: Revocations, store: Store): Promise<Admission> {
  const questions = ops.flatMap(questionsOf);
  if (questions.length === 0) return { ops, ...NOTHING_REVOKED };
  let answers: Iterator<Revoked>;
  try {
    answers = (await revocations.ask(questions)).values();
  } catch (error) {
    return unknown(ops, error);
  }
  const refused = new Map<number, ErrorCode>();
  const revoked = new Map<number, RevokedOnes>();
  const judge = async (op: LaneOp, mine: readonly Revoked[]): Promise<LaneOp> => {
    const code = isAsking(op) ? await codeOf(op, mine[0]!, store) : undefined;
    if (code !== undefined) refused.set(op.n, code);
    if (op.op !== "assert") return op;
    const { sessions, gone } = withoutRevoked(op, mine.values());
    if (gone.sessions.length + gone.rooms.length > 0) revoked.set(op.n, gone);
    return { ...op, sessions };
  };
  // Side by side: whoever has to be looked up is, in one round trip.
  const judged = ops.map((op) =>
    judge(
      op,
      questionsOf(op).map(() => answers.next().value as Revoked),
    ),
  );
  return { ops: await Promise.all(judged), refused, revoked };
}

const isAsking = (op: LaneOp): op is Op<"open"> | Op<"join"> => op.op === "open" || op.op === "join";

/** One per session, and one more per room it is or comes in. */
function questionsOf(op: LaneOp): (SessionRef & { room?: string })[] {
  switch (op.op) {
    case "open":
      return [op.ref];
    case "join":
      return [{ ...op.ref, room: op.room }];
    case "assert":
      return op.sessions.flatMap(({ ref, rooms }) => [ref, ...rooms.map(({ room }) => ({ ...ref, room }))]);
    default:
      return [];
  }
}

/**
 * Who is revoked cannot be known: nobody comes in, everybody may leave. Who is in stays: taking assertions away would
 * end the sessions of everybody who is connected.
 */
function unknown(ops: readonly LaneOp[], error: unknown): Admission {
  const code = RollcallError.from(error).code === "INTERNAL" ? "INTERNAL" : "UNAVAILABLE";
  return { ...NOTHING_REVOKED, ops, refused: new Map(ops.filter(isAsking).map(({ n }) => [n, code])) };
}

async function codeOf(
  op: Op<"open"> | Op<"join">,
  { userMs, roomMs }: Revoked,
  store: Store,
): Promise<ErrorCode | undefined> {
  if (userMs === undefined && roomMs === undefined) return undefined;
  const issuedAtMs = op.issuedAtMs ?? (await issuedAt(op.ref, store));
  if (userMs !== undefined && issuedAtMs <= userMs) return "AUTH_REVOKED";
  return roomMs !== undefined && issuedAtMs <= roomMs ? "FORBIDDEN" : undefined;
}

/** Of the token its session came with. A session opened in the same batch has just been asked for itself. */
async function issuedAt(ref: SessionRef, store: Store): Promise<number> {
  const { sessions } = await store.user(ref.tenant, ref.user);
  const session = sessions.find((one) => one.ref.namespace === ref.namespace && one.ref.session === ref.session);
  return session?.issuedAtMs ?? Number.POSITIVE_INFINITY;
}

function withoutRevoked(op: Op<"assert">, answers: Iterator<Revoked>) {
  const gone: RevokedOnes = { sessions: [], rooms: [] };
  const sessions: AssertedSession[] = [];
  for (const session of op.sessions) {
    const { ref, issuedAtMs } = session;
    const { userMs } = answers.next().value as Revoked;
    const isRevoked = userMs !== undefined && issuedAtMs <= userMs;
    const rooms = session.rooms.filter(({ room, issuedAtMs: joinedWithMs = issuedAtMs }) => {
      const { roomMs } = answers.next().value as Revoked;
      const stays = roomMs === undefined || joinedWithMs > roomMs;
      if (!stays && !isRevoked) gone.rooms.push({ ref, room });
      return stays;
    });
    if (isRevoked) gone.sessions.push(ref);
    else sessions.push({ ...session, rooms });
  }
  return { sessions, gone };
}
