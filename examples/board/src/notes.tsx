import type { Room } from "@rollcall/client";
import { useReadable } from "@rollcall/client/react";
import { useState } from "react";
import { Note, type NoteValue } from "./note.tsx";

const COLUMN = 224;
const ROW = 208;
const COLUMNS = 4;

/** The first place of a grid that no note has. */
function freePlace(notes: readonly NoteValue[]) {
  const taken = new Set(notes.map(({ at }) => `${at?.x},${at?.y}`));
  for (let i = 0; ; i++) {
    const place = { x: 16 + (i % COLUMNS) * COLUMN, y: 64 + Math.floor(i / COLUMNS) * ROW };
    if (!taken.has(`${place.x},${place.y}`)) return place;
  }
}

/** The room's state under `note:`: every page shows the same, whoever writes. */
export function Notes({ room, writable }: { room: Room; writable: boolean }) {
  const [failure, setFailure] = useState<string>();
  const entries = useReadable(room.state.entries);
  const notes = [...entries].filter(([key]) => key.startsWith("note:"));
  const place = ([key, { value }]: (typeof notes)[0]) => {
    const { x = 0, y = 0 } = (value as NoteValue).at ?? {};
    return [y, x, key] as const;
  };
  // As one reads, so that Tab goes from one to the next.
  const ordered = notes.toSorted((a, b) => {
    const [[ay, ax, akey], [by, bx, bkey]] = [place(a), place(b)];
    return ay - by || ax - bx || (akey < bkey ? -1 : 1);
  });
  const add = async () => {
    setFailure(undefined);
    const value: NoteValue = { text: "", at: freePlace(notes.map(([, entry]) => entry.value as NoteValue)) };
    try {
      await room.state.set(`note:${crypto.randomUUID()}`, value, { if: { absent: true } });
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <div className="tools">
        <button disabled={!writable} onClick={() => void add()} type="button">
          Add a note
        </button>
        {failure !== undefined && <span role="alert">Not added: {failure}</span>}
      </div>
      {ordered.map(([key, entry]) => (
        <Note entry={entry} id={key} key={key} room={room} writable={writable} />
      ))}
    </>
  );
}
