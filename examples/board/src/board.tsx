import { useRoom, useStatus } from "@rollcall/client/react";
import { type PointerEvent, useMemo, useState } from "react";
import { colorOf } from "./color.ts";
import type { Connection } from "./connection.ts";
import { Cursors, pointerSender } from "./cursors.tsx";
import { Members } from "./members.tsx";
import { Notes } from "./notes.tsx";

interface Props {
  connection: Connection;
  doc: string;
  user: string;
  lose(): void;
}

export function Board({ connection, doc, user, lose }: Props) {
  const status = useStatus();
  const { room, status: roomStatus, error } = useRoom(`doc:${doc}`, { info: { color: colorOf(user) } });
  const [edge, setEdge] = useState(connection.edge());
  const send = useMemo(() => pointerSender(room), [room]);
  const at = ({ clientX, clientY, currentTarget }: PointerEvent) => {
    const { left, top } = currentTarget.getBoundingClientRect();
    send({ x: Math.round(clientX - left), y: Math.round(clientY - top) });
  };
  return (
    <>
      <header>
        <strong>{doc}</strong>
        <Members room={room} self={user} />
        <span className={`status ${roomStatus}`} data-testid="status">
          {status.phase === "online" ? roomStatus : status.phase}
          {error === undefined ? "" : ` ${error.code}`}
        </span>
        <label>
          edge{" "}
          <select
            onChange={({ target }) => {
              setEdge(target.value);
              connection.moveTo(target.value);
            }}
            value={edge}
          >
            {connection.edges.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button onClick={lose} type="button">
          Drop my connection
        </button>
      </header>
      <main data-testid="board" onPointerMove={at}>
        <Notes room={room} writable={roomStatus === "live"} />
        <Cursors room={room} />
      </main>
    </>
  );
}
