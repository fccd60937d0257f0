/**
 * The HTTP door of `loadtest`, for what k6 cannot do itself: publish over NATS, stop reading, and break edges of the
 * cluster of this folder. It listens on 127.0.0.1 under a path nobody can guess.
 *
 *     POST /publish              [{ event, data, id? }, ...]   -> { published }
 *     GET  /edges                                              -> [{ name, url, ready, pid }]
 *     POST /edges/<name>/kill    SIGKILL                       -> { pid }
 *     POST /edges/<name>/stop    SIGTERM: a drain              -> { pid }
 *     POST /readers              { url, token, rooms }         -> { id }: it has stopped reading
 *     POST /readers/<id>/read-on                               -> { told, versions }; then it is gone
 */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ReaderTarget, SlowReader } from "./slow-reader.ts";

export interface Publication {
  event: string;
  data: unknown;
  id?: string;
}

export interface EdgeProcess {
  name: string;
  url: string;
  ready: boolean;
  pid: number;
}

export interface DoorWork {
  publish(publications: readonly Publication[]): Promise<void>;
  edges(): EdgeProcess[];
  signal(pid: number, signal: "SIGKILL" | "SIGTERM"): void;
  openReader(target: ReaderTarget): Promise<SlowReader>;
}

export interface Door {
  url: string;
  close(): Promise<void>;
}

const MAX_BODY = 4 * 1024 * 1024;
const MAX_PUBLICATIONS = 1_000;
const MAX_READERS = 1_000;
const SIGNALS = { kill: "SIGKILL", stop: "SIGTERM" } as const;

/** A mistake of the caller. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function openDoor(work: DoorWork, secret: string, port = 0): Promise<Door> {
  const readers: Readers = { issued: 0, open: new Map() };
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    handle(request, secret, work, readers).then(
      (body) => reply(200, body),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        reply(error instanceof Refusal ? error.status : 502, { message });
      },
    );
  });
  await listen(server, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/${secret}`,
    close: () =>
      new Promise((resolve, reject) => {
        for (const reader of readers.open.values()) reader.close();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

interface Readers {
  issued: number;
  open: Map<string, SlowReader>;
}

async function handle(request: IncomingMessage, secret: string, work: DoorWork, readers: Readers): Promise<unknown> {
  const [given, ...parts] = (request.url ?? "").slice(1).split("/");
  const asked = `${request.method} ${parts.join("/")}`;
  if (given !== secret) throw new Refusal(404, "nothing here");
  if (asked === "POST publish") {
    const publications = publicationsOf(await bodyOf(request));
    await work.publish(publications);
    return { published: publications.length };
  }
  if (asked === "GET edges") return work.edges();
  if (asked === "POST readers") return openReader(await bodyOf(request), work, readers);
  const reader = /^POST readers\/(\d+)\/read-on$/.exec(asked);
  if (reader !== null) return readOn(reader[1]!, readers);
  const match = /^POST edges\/([a-z0-9-]+)\/(kill|stop)$/.exec(asked);
  if (match === null) throw new Refusal(404, "nothing here");
  const edge = work.edges().find(({ name }) => name === match[1]);
  if (edge === undefined) throw new Refusal(404, `the cluster of this folder has no ${match[1]}`);
  work.signal(edge.pid, SIGNALS[match[2] as keyof typeof SIGNALS]);
  return { pid: edge.pid };
}

async function openReader(target: unknown, work: DoorWork, readers: Readers): Promise<{ id: string }> {
  if (!isTarget(target)) throw new Refusal(400, "expected { url, token, rooms }");
  if (readers.open.size >= MAX_READERS) throw new Refusal(429, `at most ${MAX_READERS} readers`);
  const reader = await work.openReader(target);
  const id = String(++readers.issued);
  readers.open.set(id, reader);
  return { id };
}

async function readOn(id: string, readers: Readers): Promise<unknown> {
  const reader = readers.open.get(id);
  if (reader === undefined) throw new Refusal(404, `there is no reader ${id}`);
  try {
    return await reader.readOn();
  } finally {
    readers.open.delete(id);
    reader.close();
  }
}

function isTarget(body: unknown): body is ReaderTarget {
  const { url, token, rooms } = (body ?? {}) as ReaderTarget;
  const strings = [url, token, ...(Array.isArray(rooms) ? rooms : [undefined])];
  return strings.every((value) => typeof value === "string") && URL.canParse(url);
}

function publicationsOf(body: unknown): Publication[] {
  const isPublication = (item: unknown): item is Publication => {
    const { event, id } = (item ?? {}) as Publication;
    return typeof event === "string" && (id === undefined || typeof id === "string");
  };
  if (Array.isArray(body) && body.length <= MAX_PUBLICATIONS && body.every(isPublication)) return body;
  throw new Refusal(400, `expected at most ${MAX_PUBLICATIONS} of { event, data, id? }`);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY) throw new Refusal(413, `more than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Refusal(400, "not JSON");
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}
