import { createClient, unchanged } from "@rollcall/client";
import type { ClientToServer, ServerToClient } from "./board.contract.ts"; // rollcall contracts types

const client = createClient<ServerToClient, ClientToServer>({ url: "https://live.example.com", token: fetchToken });
await using room = client.room("doc:1", { info: { color: "red" }, last: 50 });
await room.join();
room.members.subscribe(() => console.log("here:", room.members.get()));
room.on("chat:said", ({ text }, { from }) => console.log(from?.user, "says", text));
await room.publish("chat:said", { text: "hello" });
await room.state.set("title", "Plan", { if: unchanged(room.state.entry("title")) });
const { ticket } = await client.call("ticket:reply", { text: "done" }, { timeoutMs: 3_000 });
console.log("ticket", ticket);

async function fetchToken(): Promise<string> {
  return (await fetch("/token")).text();
}
