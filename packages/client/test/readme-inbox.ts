import { createClient } from "@rollcall/client";
import type { ServerToClient } from "./board.contract.ts";

const client = createClient<ServerToClient>({ url: "https://live.example.com", token: fetchToken });
const KEPT = "inbox:ann"; // per user and namespace, where this device finds it again

client.on("order:shipped", ({ orderId }, { id }) => notify(id, `order ${orderId} is on its way`)); // before `start`
client.inbox.subscribe(() => {
  const { have } = client.inbox.get();
  if (have) localStorage.setItem(KEPT, JSON.stringify(have));
});
client.inbox.start(JSON.parse(localStorage.getItem(KEPT) ?? "null") ?? undefined);

async function fetchToken(): Promise<string> {
  return (await fetch("/token")).text();
}
function notify(id: string, text: string): void {
  console.log(id, text);
}
