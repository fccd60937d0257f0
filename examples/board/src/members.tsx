import type { Room } from "@rollcall/client";
import { useMembers } from "@rollcall/client/react";
import { hueOf } from "./color.ts";

/** Who is here, longest first. */
export function Members({ room, self }: { room: Room; self: string }) {
  return (
    <ul aria-label="Who is here" className="members">
      {useMembers(room).map(({ user, name = user, devices }) => {
        const words = `${name}${user === self ? " (you)" : ""}${devices > 1 ? `, on ${devices} devices` : ""}`;
        return (
          <li className={user === self ? "self" : ""} data-user={user} key={user} style={hueOf(user)} title={words}>
            <span aria-hidden="true">{[...name].slice(0, 2).join("")}</span>
            <span className="unseen">{words}</span>
          </li>
        );
      })}
    </ul>
  );
}
