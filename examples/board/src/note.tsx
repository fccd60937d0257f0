import { RollcallError, type Room, unchanged } from "@rollcall/client";
import { useState } from "react";

export interface NoteValue {
  text: string;
  at?: { x: number; y: number };
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

  const write = async (text: string, since: Entry) => {
    setFailure(undefined);
    try {
      await room.state.set(id, { ...value, text }, { if: unchanged(since) });
      setMine(undefined);
    } catch (error) {
      if (error instanceof RollcallError && error.code === "CONFLICT") setMine(text);
      else setFailure(error instanceof RollcallError ? error.code : String(error));
    }
  };
  const save = () => {
    if (draft !== undefined && draft.text !== (draft.since.value as NoteValue).text)
      void write(draft.text, draft.since);
    setDraft(undefined);
  };

  return (
    <article
      className={`note${entry.pending ? " pending" : ""}${mine === undefined ? "" : " conflict"}`}
      data-note={id}
      style={{ left: value.at?.x ?? 40, top: value.at?.y ?? 60 }}
    >
      <textarea
        aria-label="Note"
        disabled={!writable}
        onBlur={save}
        onChange={({ target }) => setDraft((before) => ({ text: target.value, since: before?.since ?? entry }))}
        placeholder="Write here"
        value={draft?.text ?? value.text}
      />
      {mine !== undefined && (
        <div role="alert">
          <p>Changed by {entry.by ?? "somebody"} meanwhile. Yours:</p>
          <blockquote>{mine}</blockquote>
          <button onClick={() => void write(mine, entry)} type="button">
            Keep mine
          </button>
          <button onClick={() => setMine(undefined)} type="button">
            Take theirs
          </button>
        </div>
      )}
      {failure !== undefined && <p role="alert">Not saved: {failure}</p>}
    </article>
  );
}
