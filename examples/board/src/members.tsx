import type { Room } from "@rollcall/client";
import { useMembers } from "@rollcall/client/react";
import { colorOf } from "./color.ts";

/** Who is here, longest first. */
export function Members({ room, self }: { room: Room; self: string }) {
  return (
    <ul aria-label="Who is here" className="members">
      {useMembers(room).map(({ user, name, devices }) => (
        <li
          className={user === self ? "self" : ""}
          data-user={user}
          key={user}
          style={{ background: colorOf(user) }}
          title={`${name ?? user}${devices > 1 ? ` on ${devices} devices` : ""}`}
        >
          {(name ?? user).slice(0, 2)}
        </li>
      ))}
    </ul>
  );
}
