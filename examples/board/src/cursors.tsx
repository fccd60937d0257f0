import type { Room } from "@rollcall/client";
import { useEvent, useMembers } from "@rollcall/client/react";
import { useState } from "react";
import { colorOf } from "./color.ts";

export interface Point {
  x: number;
  y: number;
}

/** Under the 30 a second that the contract allows. */
const EVERY_MS = 50;

/** Sends the newest position, at most every 50 ms: what was skipped nobody misses. */
export function pointerSender(room: Room): (point: Point) => void {
  let newest: Point | undefined;
  let waiting = false;
  return (point) => {
    newest = point;
    if (waiting) return;
    waiting = true;
    room.send("cursor:moved", point);
    setTimeout(() => {
      waiting = false;
      if (newest !== point && newest !== undefined) room.send("cursor:moved", newest);
    }, EVERY_MS);
  };
}

/** Where the others point. A cursor goes with its member. */
export function Cursors({ room }: { room: Room }) {
  const [points, setPoints] = useState<ReadonlyMap<string, Point>>(new Map());
  useEvent(room, "cursor:moved", (data, { from }) => {
    if (from !== undefined) setPoints((before) => new Map(before).set(from.user, data as Point));
  });
  const here = useMembers(room);
  return here.flatMap(({ user }) => {
    const point = points.get(user);
    if (point === undefined) return [];
    return [
      <div
        className="cursor"
        data-cursor={user}
        key={user}
        style={{ transform: `translate(${point.x}px, ${point.y}px)`, color: colorOf(user) }}
      >
        <svg aria-hidden="true" height="18" viewBox="0 0 12 18" width="12">
          <path d="M0 0 L0 15 L4 11 L7 18 L9 17 L6 10 L12 10 Z" fill="currentColor" />
        </svg>
        <span>{user}</span>
      </div>,
    ];
  });
}
