/** The door of `rollcall loadtest`: publishes over NATS, stops reading, and breaks edges of a local cluster. */

import http from "k6/http";
import { patience, publishUrl } from "./settings.ts";

export interface Publication {
  event: string;
  data: unknown;
  id: string;
}

export interface EdgeProcess {
  name: string;
  url: string;
  ready: boolean;
  pid: number;
}

export async function publish(publications: readonly Publication[]): Promise<void> {
  await ask("POST", "/publish", publications);
}

export async function listEdges(): Promise<EdgeProcess[]> {
  return (await ask("GET", "/edges")) as EdgeProcess[];
}

export async function breakEdge(name: string, how: "kill" | "stop"): Promise<void> {
  await ask("POST", `/edges/${name}/${how}`);
}

export interface ReadOn {
  told: "resync" | "closed" | "nothing";
  versions: Record<string, number>;
}

/** Of a client that enters `rooms` and then reads nothing; its name. */
export async function openReader(url: string, token: string, rooms: readonly string[]): Promise<string> {
  return ((await ask("POST", "/readers", { url, token, rooms })) as { id: string }).id;
}

export async function readOn(id: string): Promise<ReadOn> {
  return (await ask("POST", `/readers/${id}/read-on`)) as ReadOn;
}

const ASK_MS = 60_000 * patience;

async function ask(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await http.asyncRequest(method, `${publishUrl()}${path}`, text, {
    headers: { "content-type": "application/json" },
    tags: { name: `door ${path.replace(/\/(edges|readers)\/.*\//, "/$1/:name/")}` },
    timeout: ASK_MS,
  });
  if (response.status === 200) return response.json();
  throw new Error(`the door says ${response.status}: ${String(response.body).slice(0, 200)}`);
}
