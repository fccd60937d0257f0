/** The door of `rollcall loadtest`: publishes over NATS, and breaks edges of a local cluster. */

import http from "k6/http";
import { publishUrl } from "./settings.ts";

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

async function ask(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await http.asyncRequest(method, `${publishUrl()}${path}`, text, {
    headers: { "content-type": "application/json" },
    tags: { name: `door ${path.replace(/edges\/.*\//, "edges/:name/")}` },
  });
  if (response.status === 200) return response.json();
  throw new Error(`the door says ${response.status}: ${String(response.body).slice(0, 200)}`);
}
