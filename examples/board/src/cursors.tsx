import type { Room } from "@rollcall/client";
import { useEvent, useMembers } from "@rollcall/client/react";
import { useState } from "react";
import { hueOf } from "./color.ts";

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
  const send = (point: Point) => {
    newest = undefined;
    waiting = true;
    room.send("cursor:moved", point);
    setTimeout(() => {
      waiting = false;
      if (newest !== undefined) send(newest);
    }, EVERY_MS);
  };
  return (point) => {
    if (waiting) newest = point;
    else send(point);
  };
}

/** Where the others point. A cursor goes with its member. */
export function Cursors({ room, self }: { room: Room; self: string }) {
  const [points, setPoints] = useState<ReadonlyMap<string, Point>>(new Map());
  useEvent(room, "cursor:moved", (data, { from }) => {
    if (from !== undefined) setPoints((before) => new Map(before).set(from.user, data as Point));
  });
  const here = useMembers(room);
  return (
    <div aria-hidden="true" className="cursors">
      {here.flatMap(({ user, name = user }) => {
        const point = points.get(user);
        if (point === undefined || user === self) return [];
        const transform = `translate(${point.x}px, ${point.y}px)`;
        return [
          <div className="cursor" data-cursor={user} key={user} style={{ transform, ...hueOf(user) }}>
            <svg aria-hidden="true" height="18" viewBox="0 0 12 18" width="12">
              <path d="M0 0 L0 15 L4 11 L7 18 L9 17 L6 10 L12 10 Z" fill="currentColor" />
            </svg>
            <span>{name}</span>
          </div>,
        ];
      })}
    </div>
  );
}
