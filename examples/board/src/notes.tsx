import type { Room } from "@rollcall/client";
import { useReadable } from "@rollcall/client/react";
import { Note, type NoteValue } from "./note.tsx";

/** The room's state under `note:`: every page shows the same, whoever writes. */
export function Notes({ room, writable }: { room: Room; writable: boolean }) {
  const entries = useReadable(room.state.entries);
  const notes = [...entries].filter(([key]) => key.startsWith("note:")).sort(([a], [b]) => (a < b ? -1 : 1));
  const add = () => {
    const at = { x: 40 + (notes.length % 4) * 220, y: 60 + (Math.floor(notes.length / 4) % 3) * 180 };
    const value: NoteValue = { text: "", at };
    room.state.set(`note:${Date.now().toString(36)}`, value, { if: { absent: true } }).catch(report);
  };
  return (
    <>
      <button className="add" disabled={!writable} onClick={add} type="button">
        Add a note
      </button>
      {notes.map(([key, entry]) => (
        <Note entry={entry} id={key} key={key} room={room} writable={writable} />
      ))}
    </>
  );
}

const report = (error: unknown) => console.error(error);
