import { RollcallError, type Room, unchanged } from "@rollcall/client";
import { useState } from "react";
import type { Point } from "./cursors.tsx";
import { useDrag } from "./drag.ts";

export interface NoteValue {
  text: string;
  at?: Point;
}

type Entry = NonNullable<ReturnType<Room["state"]["entry"]>>;

interface Props {
  id: string;
  room: Room;
  entry: Entry;
  writable: boolean;
}

/**
 * Edited against the version it was opened with: when somebody else wrote meanwhile, the server says CONFLICT and both
 * texts are shown, so that a person decides.
 */
export function Note({ id, room, entry, writable }: Props) {
  const value = entry.value as NoteValue;
  const [draft, setDraft] = useState<{ text: string; since: Entry }>();
  const [mine, setMine] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const tell = (error: unknown) => setFailure(error instanceof RollcallError ? error.code : String(error));

  const write = async (text: string, since: Entry) => {
    setFailure(undefined);
    try {
      await room.state.set(id, { ...value, text }, { if: unchanged(since) });
      setMine(undefined);
    } catch (error) {
      if (error instanceof RollcallError && error.code === "CONFLICT") setMine(text);
      else tell(error);
    }
  };
  const save = () => {
    if (draft !== undefined && draft.text !== (draft.since.value as NoteValue).text)
      void write(draft.text, draft.since);
    setDraft(undefined);
  };
  // Where a note is matters to nobody else's words: the last one who moved it is right, unless the text changed meanwhile.
  const { at, grip } = useDrag(value.at ?? { x: 16, y: 64 }, (to) => {
    room.state.set(id, { ...value, at: to }, { if: unchanged(entry) }).catch(tell);
  });

  return (
    <article
      className={`note${entry.pending ? " pending" : ""}${mine === undefined ? "" : " conflict"}`}
      data-note={id}
      style={{ left: at.x, top: at.y }}
    >
      <div className="bar">
        <button aria-label="Move with the arrow keys" className="grip" disabled={!writable} type="button" {...grip}>
          ⠿
        </button>
        <button
          aria-label="Delete this note"
          disabled={!writable}
          onClick={() => void room.state.delete(id, { if: unchanged(entry) }).catch(tell)}
          type="button"
        >
          ×
        </button>
      </div>
      <textarea
        aria-label="Note"
        disabled={!writable}
        maxLength={2000}
        onBlur={save}
        onChange={({ target }) => setDraft((before) => ({ text: target.value, since: before?.since ?? entry }))}
        onKeyDown={({ key }) => key === "Escape" && setDraft(undefined)}
        placeholder="Write here"
        value={draft?.text ?? value.text}
      />
      {mine !== undefined && (
        <div role="alert">
          <p>Changed by {entry.by ?? "somebody"} meanwhile. Yours:</p>
          <blockquote>{mine}</blockquote>
          <div className="choice">
            <button disabled={!writable} onClick={() => void write(mine, entry)} type="button">
              Keep mine
            </button>
            <button onClick={() => setMine(undefined)} type="button">
              Take theirs
            </button>
          </div>
        </div>
      )}
      {failure !== undefined && <p role="alert">Not saved: {failure}</p>}
    </article>
  );
}
