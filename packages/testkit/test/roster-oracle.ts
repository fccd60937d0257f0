/**
 * A second, deliberately naive reading of the fold rules for rosters: what a client believes a room holds. It shares
 * no code with the client library, so that both cannot be wrong alike.
 */

import type { JoinAck, Member, RosterDiff } from "@rollcall/contracts";
import type { TestClient } from "../src/index.ts";

export interface RosterView {
  epoch: string;
  version: number;
  members: Map<string, Member>;
  /** Diffs that did not connect to what was known. */
  gaps: number;
}

/** Folds everything `client` recorded about `room` onto the snapshot its join was answered with. */
export function foldRoster(client: TestClient, ack: JoinAck): RosterView {
  const view: RosterView = {
    epoch: ack.epoch,
    version: ack.roster.version,
    members: new Map((ack.roster.members ?? []).map((member) => [member.user, member])),
    gaps: 0,
  };
  for (const event of client.eventsOf("room:roster")) {
    const diff = event.payload as RosterDiff;
    if (diff.room !== ack.room) continue;
    if (diff.epoch !== view.epoch || diff.from > view.version) {
      view.gaps++;
      continue;
    }
    if (diff.to <= view.version) continue;
    for (const member of [...(diff.joined ?? []), ...(diff.updated ?? [])]) view.members.set(member.user, member);
    for (const user of diff.left ?? []) view.members.delete(user);
    view.version = diff.to;
  }
  return view;
}

export const usersOf = (view: RosterView): string[] => [...view.members.keys()].sort();
