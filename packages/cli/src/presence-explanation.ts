/** The answer to "why is this user shown online?", for a person to read. */

import type { ReplyData } from "@rollcall/contracts";

export type Explained = ReplyData<"presence.explain">;
type ExplainedSession = Explained["sessions"][number];

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A line for the user, one for what changed last, one for the cell, and two for each session. */
export function explanation(data: Explained): string[] {
  const { user, online, epoch, version, visible, cellEpoch, brake, last, sessions } = data;
  const place = online ? `, epoch ${epoch} version ${version}${visible === false ? ", invisible" : ""}` : "";
  const held =
    brake === null
      ? "no brake"
      : `the brake holds (${brake.reason}, for ${seconds(brake.heldMs)} so far): nobody is evicted`;
  return [
    `${user} is ${online ? `online: ${sessions.length} session${sessions.length === 1 ? "" : "s"}` : "offline"}${place}`,
    `last change: ${last === undefined ? "none that the stream still has" : lastLine(last)}`,
    `cell: epoch ${cellEpoch}, ${held}`,
    ...sessions.flatMap(sessionLines),
  ];
}

function lastLine({ change, reason, at, epoch, version, trace }: NonNullable<Explained["last"]>): string {
  return `${change} at ${at} because of ${reason}, epoch ${epoch} version ${version}${trace === undefined ? "" : `, trace ${trace}`}`;
}

function sessionLines(session: ExplainedSession): string[] {
  const { edge, namespace, since, status, client, rooms, observing = [], incarnation } = session;
  const where = [
    `since ${since}`,
    status,
    `incarnation ${incarnation}`,
    ...(client === undefined ? [] : [client]),
    `rooms: ${rooms.length === 0 ? "none" : rooms.join(" ")}`,
    ...(observing.length === 0 ? [] : [`observing: ${observing.join(" ")}`]),
  ];
  return [`${namespace} ${session.session} on ${edge}: ${holds(session)}`, `  ${where.join(", ")}`];
}

/** What keeps it there, and for how long still. */
function holds({ state, lost, graceLeftMs, leaseAgeMs, leaseLeftMs }: ExplainedSession): string {
  if (state === "lost") {
    const left = graceLeftMs === undefined ? "" : `, grace ends in ${seconds(graceLeftMs)}`;
    return `lost (${lost})${left}`;
  }
  if (leaseAgeMs === undefined || leaseLeftMs === undefined) return "connected; its edge has no lease: it will be lost";
  return `connected; its edge renewed ${seconds(leaseAgeMs)} ago, the lease ends in ${seconds(leaseLeftMs)}`;
}
