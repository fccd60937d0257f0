import { RollcallProvider } from "@rollcall/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Board } from "./board.tsx";
import { connect, enter } from "./connection.ts";
import { loseConnection } from "./lossy-socket.ts";

const asked = new URLSearchParams(location.search);
const user = asked.get("user") ?? `guest-${crypto.randomUUID().slice(0, 4)}`;
const doc = asked.get("doc") ?? "welcome";

const root = createRoot(document.getElementById("root")!);
try {
  const connection = connect(user, await enter(user), asked.get("edge"));
  addEventListener("pagehide", () => void connection.client.close());
  // A page shown again from the browser's memory said goodbye before.
  addEventListener("pageshow", ({ persisted }) => persisted && connection.client.connect());
  root.render(
    <StrictMode>
      <RollcallProvider client={connection.client}>
        <Board connection={connection} doc={doc} lose={loseConnection} user={user} />
      </RollcallProvider>
    </StrictMode>,
  );
} catch (error) {
  root.render(<p role="alert">{error instanceof Error ? error.message : String(error)}</p>);
}
