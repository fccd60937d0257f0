/**
 * Deliberate mistakes in the core, each a text replaced by another: what the simulation is worth is how soon it finds
 * them. `presence-mutants.campaign.test.ts` runs them; the table it writes is in `docs/presence.md`.
 */

import type { Replacement } from "@rollcall/testkit";

/** `file` is below the core's folder. */
export interface Mutant extends Replacement {
  rule: string;
  what: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    rule: "L1",
    file: "reduce.ts",
    what: "a repeated operation is applied again",
    from: 'if (op.n <= record.n) return done({ kind: "repeat" });',
    to: "",
  },
  {
    rule: "L1",
    file: "reduce.ts",
    what: "an operation behind a gap is applied",
    from: 'if (op.n > record.n + 1) return done({ kind: "gap" });',
    to: "",
  },
  {
    rule: "L3",
    file: "lane.ts",
    what: "an older incarnation may speak",
    from: "session.incarnation !== incarnation || session.edge !== edge",
    to: "false",
  },
  {
    rule: "E1",
    file: "sessions.ts",
    what: "a fenced edge may go on",
    from: "return record !== undefined && !record.gone && record.epoch === cell.epoch;",
    to: "return record !== undefined && record.epoch === cell.epoch;",
  },
  {
    rule: "E1",
    file: "sessions.ts",
    what: "an edge of an older epoch may go on",
    from: "return record !== undefined && !record.gone && record.epoch === cell.epoch;",
    to: "return record !== undefined && !record.gone;",
  },
  {
    rule: "E3",
    file: "sweep.ts",
    what: "leases never end",
    from: "if (over.length === 0) return;",
    to: "return;",
  },
  {
    rule: "E3",
    file: "sweep.ts",
    what: "grace counts from long before the lease's end",
    from: 'fence(work, edge, "evicted", deadline);',
    to: 'fence(work, edge, "evicted", deadline - 8_000);',
  },
  {
    rule: "G1",
    file: "sessions.ts",
    what: "a session that ends stays in its rooms",
    from: "for (const { room, observe } of session.rooms) if (!observe) leaveNamed(work, user, session, room, cause);",
    to: "",
  },
  {
    rule: "G2",
    file: "sessions.ts",
    what: "no grace",
    from: "fromMs + work.bounds.graceMs",
    to: "fromMs",
  },
  {
    rule: "G2",
    file: "sweep.ts",
    what: "what is lost never ends",
    from: "for (const [ref, deadline] of dueOf(cell.grace, clockMs(work))) {",
    to: "for (const [ref, deadline] of [] as [string, number][]) {",
  },
  {
    rule: "G3",
    file: "sessions.ts",
    what: "a resumed session stays lost",
    from: "{ ...session, ...to, lost: undefined };",
    to: "{ ...session, ...to };",
  },
  {
    rule: "G3",
    file: "lane.ts",
    what: "a resume keeps the incarnation",
    from: "incarnation: nextIncarnation(work, before) }); // G3",
    to: "incarnation: before.incarnation });",
  },
  {
    rule: "G5",
    file: "lane.ts",
    what: "the later word has the session, whichever socket is the newer",
    from: "isHeldLater(before, socket.connectedMs) === true",
    to: "false",
  },
  {
    rule: "G4",
    file: "lane.ts",
    what: "a goodbye takes effect at once in a new epoch",
    from: 'const early = how === "leave" && work.cell.brake?.reason === "epoch";',
    to: "const early = false;",
  },
  {
    rule: "A1",
    file: "assert.ts",
    what: "what an assertion does not name stays",
    from: "if (op.last && unnamed > 0) {",
    to: "if (false) {",
  },
  {
    rule: "A1",
    file: "assert.ts",
    what: "what an assertion adds is not made",
    from: "if (session === undefined) {\n    outcome.missing++;",
    to: "if (session === undefined) {\n    return incarnation;\n    outcome.missing++;",
  },
  {
    rule: "A2",
    file: "assert.ts",
    what: "a zombie's assertion takes a session back",
    from: "if (isHeldLater(session, connectedMs) ?? byNumber) return undefined; // A2",
    to: "",
  },
  {
    rule: "A2",
    file: "assert.ts",
    what: "an older copy's incarnations decide who had a session last",
    from: "if (isHeldLater(session, connectedMs) ?? byNumber) return undefined; // A2",
    to: "if (byNumber) return undefined;",
  },
  {
    rule: "R2",
    file: "rooms.ts",
    what: "a resync that is due is forgotten",
    from: 'own(work, "resync").set(ref, clockMs(work) + RESYNC_AFTER_MS);',
    to: "",
  },
  {
    rule: "C1",
    file: "clock.ts",
    what: "the clock jumps with Redis's",
    from: "return isGap(ms) ? GAP_STEP_MS : ms;",
    to: "return ms;",
  },
  {
    rule: "C3",
    file: "reduce.ts",
    what: "a new epoch is only the time",
    from: "Math.max(nowMs, event.seenEpoch + 1, before.epoch + 1)",
    to: "nowMs",
  },
  {
    rule: "C3",
    file: "reduce.ts",
    what: "a new epoch starts no brake",
    from: 'cell.brake = first ? undefined : { reason: "epoch", spentMs: 0 };',
    to: "cell.brake = undefined;",
  },
  {
    rule: "W2",
    file: "sweep.ts",
    what: "grace ends while the brake holds",
    from: "grace(work, swept, traceparent);\n  }",
    to: "}\n  grace(work, swept, traceparent);",
  },
  {
    rule: "W3",
    file: "sweep.ts",
    what: "an observer that was cut off starts no brake",
    from: "if (wanted !== undefined && cell.brake === undefined) cell.brake = { reason: wanted, spentMs: 0 };",
    to: "",
  },
  {
    rule: "W4",
    file: "brake.ts",
    what: "the brake waits for edges for ever",
    from: "if (brake.spentMs >= bounds.brakeMs) return true;",
    to: "",
  },
  {
    rule: "U2",
    file: "users.ts",
    what: "going offline raises no version",
    from: 'const version = change.kind === "online" ? 1 : user.version + 1;',
    to: 'const version = change.kind === "online" ? 1 : change.kind === "offline" ? user.version : user.version + 1;',
  },
  {
    rule: "U4",
    file: "users.ts",
    what: "coming online begins no new birth",
    from: "birth: change.born ? birth(work) : user.birth",
    to: "birth: user.birth",
  },
  {
    rule: "R1",
    file: "roster.ts",
    what: "one device leaving takes the user's others along",
    from: "const rest = before.filter(({ id }) => id !== session);",
    to: "const rest = before.filter(({ id }) => before.length > 1 ? id === '' : id !== session);",
  },
  {
    rule: "R4",
    file: "sweep.ts",
    what: "vacated rooms stay",
    from: "if (room.roster.size > 0) return;",
    to: "if (room !== undefined) return;",
  },
];
