/** A client of load in either dialect: Socket.IO (Rollcall, stock, bare ws) or centrifuge's JSON protocol. */

import type { JoinAck } from "@rollcall/contracts";
import { systemClock, systemRandom } from "@rollcall/runtime";
import type { Contender } from "../harness/bench.ts";
import { RawWebSocket } from "./raw-websocket.ts";

export type Dialect = "socket.io" | "centrifuge";
export const dialectOf = (contender: Contender): Dialect => (contender === "centrifuge" ? "centrifuge" : "socket.io");

export interface LoadClientOptions {
  dialect: Dialect;
  /** `http://host:port` of the server. */
  url: string;
  /** Also its user for those that know no tokens. */
  token: string;
  /** Presented to Rollcall: a client that comes back resumes it. */
  session?: string;
  /** Of Rollcall: wait for `session:ready`. */
  awaitReady: boolean;
  /** Whole events as they came, in the server's own words. */
  event?(data: Buffer): void;
  closed?(): void;
}

/** Where a client stands in a room, in the server's own words: presented when it joins again, it gets what it missed. */
export type Position = object;

export interface LoadClient {
  join(room: string, from?: Position): Promise<{ position: Position; answer: string }>;
  leave(room: string): Promise<void>;
  /** A message to a room; resolves with the answer. */
  publish(room: string, data: object, event?: string): Promise<void>;
  /** Any request; resolves with the answer's text. */
  ask(name: string, payload: object): Promise<string>;
  drop(): void;
}

const ANSWER_MS = 30_000;

const GIVE_UP_MS = 60_000;
const RETRY_MS = 1_000;

/** Tries again as stock clients do when a server that is busy closes first. */
export async function connectClient(options: LoadClientOptions): Promise<LoadClient> {
  const deadline = systemClock.monotonic() + GIVE_UP_MS;
  for (;;) {
    try {
      return await (options.dialect === "centrifuge" ? connectCentrifuge(options) : connectSocketIo(options));
    } catch (error) {
      if (systemClock.monotonic() > deadline) throw error;
      await systemClock.sleep(RETRY_MS / 2 + systemRandom.float() * RETRY_MS);
    }
  }
}

/** Requests under way by number. */
class Answers {
  readonly #waiting = new Map<number, { resolve(text: string): void; reject(error: Error): void }>();
  #last = 0;

  next(): { id: number; answer: Promise<string> } {
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.set(id, { resolve, reject });
    const timer = setTimeout(() => this.#settle(id)?.reject(new Error("no answer")), ANSWER_MS);
    return { id, answer: promise.finally(() => clearTimeout(timer)) };
  }

  /** Once more for as long as the answer says that it may help. */
  static async persist(ask: () => Promise<string>): Promise<string> {
    const deadline = systemClock.monotonic() + GIVE_UP_MS;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const again = String(error).includes('"retryable":true') && systemClock.monotonic() < deadline;
        if (!again) throw error;
        await systemClock.sleep(RETRY_MS);
      }
    }
  }

  settle(id: number, text: string, failed: boolean): void {
    if (failed) this.#settle(id)?.reject(new Error(`refused: ${text.slice(0, 300)}`));
    else this.#settle(id)?.resolve(text);
  }

  fail(): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new Error("closed by the server"));
  }

  #settle(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

function connectSocketIo(options: LoadClientOptions): Promise<LoadClient> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadClient>();
  const answers = new Answers();
  let isConnected = false;
  const connected = () => {
    isConnected = true;
    resolve(client);
  };
  const ws = new RawWebSocket(new URL("/socket.io/?EIO=4&transport=websocket", options.url), {
    text(data) {
      switch (data[0]) {
        case 0x30: // Engine.IO open
          ws.send(`40${JSON.stringify({ token: options.token, session: options.session })}`);
          return;
        case 0x32: // ping
          ws.send("3");
          return;
        case 0x34:
          break;
        default:
          return;
      }
      switch (data[1]) {
        case 0x30: // CONNECT
          if (!options.awaitReady) connected();
          return;
        case 0x32: // EVENT
          if (options.awaitReady && data.includes("session:ready")) connected();
          options.event?.(data);
          return;
        case 0x33: {
          const text = data.toString("utf8", 2);
          const start = text.indexOf("[");
          return answers.settle(
            Number(text.slice(0, start)),
            text.slice(start),
            text.startsWith('[{"ok":false', start),
          );
        }
        case 0x34: // CONNECT_ERROR
          ws.drop();
      }
    },
    close() {
      reject(new Error("closed before it was connected"));
      answers.fail();
      if (isConnected) options.closed?.();
    },
  });
  const ask = (name: string, payload: object): Promise<string> => {
    const { id, answer } = answers.next();
    ws.send(`42${id}${JSON.stringify([name, payload])}`);
    return answer;
  };
  const client: LoadClient = {
    ask,
    async join(room, from = {}) {
      const answers = [await Answers.persist(() => ask("room:join", { room, ...from }))];
      const position = havePosition(answers[0]!);
      for (let after = restOf(answers[0]!); after !== undefined; after = restOf(answers.at(-1)!)) {
        answers.push(await Answers.persist(() => ask("room:history", { room, after })));
      }
      return { answer: answers.join(""), position };
    },
    leave: async (room) => void (await Answers.persist(() => ask("room:leave", { room }))),
    publish: async (room, data, event = "chat:said") => void (await ask(event, { room, data })),
    drop: () => ws.drop(),
  };
  return promise;
}

function connectCentrifuge(options: LoadClientOptions): Promise<LoadClient> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadClient>();
  const answers = new Answers();
  let isConnected = false;
  const ask = (name: string, payload: object): Promise<string> => {
    const { id, answer } = answers.next();
    ws.send(JSON.stringify({ id, [name]: payload }));
    return answer;
  };
  const line = (data: Buffer): void => {
    if (data.length <= 2) {
      ws.send("{}"); // ping
    } else if (data.includes('"push"')) {
      options.event?.(data);
    } else {
      const text = data.toString();
      const { id = 0, error } = JSON.parse(text) as { id?: number; error?: unknown };
      answers.settle(id, text, error !== undefined);
    }
  };
  const ws: RawWebSocket = new RawWebSocket(new URL("/connection/websocket", options.url), {
    open: () =>
      void ask("connect", { token: options.token }).then(() => {
        isConnected = true;
        resolve(client);
      }, reject),
    text(data) {
      for (let from = 0; from < data.length; ) {
        const end = data.indexOf(10, from);
        line(data.subarray(from, end < 0 ? data.length : end));
        from = end < 0 ? data.length : end + 1;
      }
    },
    close() {
      reject(new Error("closed before it was connected"));
      answers.fail();
      if (isConnected) options.closed?.();
    },
  });
  const client: LoadClient = {
    ask,
    async join(room, from = {}) {
      const answer = await ask("subscribe", { channel: room, ...from });
      const { subscribe } = JSON.parse(answer) as {
        subscribe?: { recoverable?: boolean; epoch?: string; offset?: number };
      };
      const { recoverable = false, epoch, offset = 0 } = subscribe ?? {};
      return { answer, position: recoverable ? { recover: true, epoch, offset } : {} };
    },
    leave: async (room) => void (await ask("unsubscribe", { channel: room })),
    publish: async (room, data) => void (await ask("publish", { channel: room, data })),
    drop: () => ws.drop(),
  };
  return promise;
}

const ROSTER = Buffer.from('42["room:roster",');

/** A roster's diff leads to a new version: as an app that keeps the roster, the client stands there from now on. */
export function follow(data: Buffer, positionIn: (room: string) => Position | undefined): void {
  if (!data.subarray(0, ROSTER.length).equals(ROSTER)) return;
  const [, { room, to }] = JSON.parse(data.toString("utf8", 2)) as [string, { room: string; to: number }];
  const { have } = (positionIn(room) ?? {}) as { have?: { roster?: number } };
  if (have?.roster !== undefined && to > have.roster) have.roster = to;
}

/** Where the rest of a history begins that did not fit into an answer: a join's, or a page's. */
function restOf(answer: string): number | undefined {
  if (!answer.includes('"next":')) return undefined;
  const [{ data = {} }] = JSON.parse(answer) as [
    { data?: { resumed?: boolean; history?: { next?: number }; next?: number } },
  ];
  return data.history === undefined ? data.next : data.resumed === true ? data.history.next : undefined;
}

/** Of Rollcall's ack; stock has nothing to come back to. */
function havePosition(answer: string): Position {
  const [{ data }] = JSON.parse(answer) as [{ data?: Partial<JoinAck> }];
  if (data?.epoch === undefined) return {};
  const { epoch, roster, state, history } = data;
  return { have: { epoch, roster: roster?.version, state: state?.version, history: history?.seq } };
}
