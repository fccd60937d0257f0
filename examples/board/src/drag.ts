/** Moving a thing by its grip: with the pointer, or with the arrow keys. `drop` is told where it ended. */

import { type KeyboardEvent, type PointerEvent, useState } from "react";
import type { Point } from "./cursors.tsx";

const STEP = 16;
const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
};
const moved = (at: Point, by: Point): Point => ({ x: Math.max(0, at.x + by.x), y: Math.max(0, at.y + by.y) });

export function useDrag(at: Point, drop: (at: Point) => void) {
  const [drag, setDrag] = useState<{ from: Point; by: Point }>();
  const pointed = ({ clientX, clientY }: PointerEvent): Point => ({ x: clientX, y: clientY });
  return {
    at: drag === undefined ? at : moved(at, drag.by),
    grip: {
      onPointerDown(event: PointerEvent) {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: pointed(event), by: { x: 0, y: 0 } });
      },
      onPointerMove(event: PointerEvent) {
        const { x, y } = pointed(event);
        setDrag((now) => now && { ...now, by: { x: x - now.from.x, y: y - now.from.y } });
      },
      onPointerUp() {
        if (drag !== undefined && (drag.by.x !== 0 || drag.by.y !== 0)) drop(moved(at, drag.by));
        setDrag(undefined);
      },
      onPointerCancel: () => setDrag(undefined),
      onKeyDown(event: KeyboardEvent) {
        const by = ARROWS[event.key];
        if (by === undefined) return;
        event.preventDefault();
        drop(moved(at, by));
      },
    },
  };
}
