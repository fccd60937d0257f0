import { useRoom } from "@rollcall/client/react";
import { type PointerEvent, useMemo } from "react";
import { type Connection, useEdge } from "./connection.ts";
import { Cursors, pointerSender } from "./cursors.tsx";
import { Members } from "./members.tsx";
import { Notes } from "./notes.tsx";
import { Status } from "./status.tsx";

interface Props {
  connection: Connection;
  doc: string;
  user: string;
  lose(): void;
}

export function Board({ connection, doc, user, lose }: Props) {
  const { room, status, error } = useRoom(`doc:${doc}`);
  const edge = useEdge(connection);
  const send = useMemo(() => pointerSender(room), [room]);
  const at = ({ clientX, clientY, currentTarget, pointerType }: PointerEvent) => {
    if (pointerType === "touch") return; // a finger that scrolls points at nothing
    const { left, top } = currentTarget.getBoundingClientRect();
    send({ x: Math.round(clientX - left), y: Math.round(clientY - top) });
  };
  return (
    <>
      <header>
        <h1>{doc}</h1>
        <Status error={error} room={status} />
        <Members room={room} self={user} />
        <label>
          Edge{" "}
          <select onChange={({ target }) => connection.moveTo(target.value)} value={edge}>
            {connection.edges.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button onClick={lose} type="button">
          Drop my connection
        </button>
      </header>
      <main>
        <div className="surface" data-testid="surface" onPointerMove={at}>
          <Notes room={room} writable={status === "live"} />
          <Cursors room={room} self={user} />
        </div>
      </main>
    </>
  );
}
