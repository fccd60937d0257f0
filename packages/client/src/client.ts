/** `createClient`: puts the parts together and tells each message where it belongs. */
// For apps whose own `lib` has no AsyncDisposable: our declarations name it.
/// <reference lib="esnext.disposable" preserve="true" />

import { type Clock, systemClock } from "./clock.ts";
import { type Connection, createConnection } from "./connection.ts";
import { RollcallError } from "./errors.ts";
import { createHandlers, createSeen, type Handlers } from "./handlers.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { type OpenLink, socketIo } from "./link.ts";
import { createPresence, type Presence } from "./presence.ts";
import type { Readable, Report } from "./readable.ts";
import { createRequests, type OfflinePolicy, type RequestOptions } from "./requests.ts";
import { createRoom, type RoomShell } from "./room.ts";
import type { Room, RoomOptions } from "./room-api.ts";
import type { Status } from "./session.ts";
import type { AnyClientEvents, AnyServerEvents, AppEvent, CommandReply, EventData, EventHandler } from "./typed.ts";
import type { EventTriple, InboxChanged, Meta, PresenceStatus, UserPresence, WireError } from "./wire.ts";

export interface ClientOptions {
  /** Where the edges are, for example `https://live.example.com`; a function is asked for every attempt. */
  url: string | (() => string);
  /** A fresh JWT; called for every connection attempt and before the token expires. Rejecting is retried. */
  token: () => Promise<string> | string;
  /** Default `/`. */
  namespace?: string;
  /** Default `/socket.io/`. */
  path?: string;
  /** `name/version` of the app, at most 64 bytes: shown to operators. Default `rollcall-js/<version>`. */
  client?: string;
  /** Default random, in memory. Never share one between two pages: they would end each other. */
  session?: string;
  /** How the user's presence begins. Default: as the server has it. */
  presence?: { status: PresenceStatus; info?: unknown };
  /** What requests do without a connection, unless they say otherwise. Default `fail`. */
  offline?: OfflinePolicy;
  /** False: not before `connect()`. Default true. */
  connect?: boolean;
  /** What fails where nobody waits: handlers that throw, refreshes, faults of `send`. Default: `console.error`. */
  onError?: (error: unknown) => void;
}

/** For tests: another clock, another transport. */
export interface ClientSeams {
  clock?: Clock;
  open?: OpenLink;
}

export interface Client<S extends object = AnyServerEvents, C extends object = AnyClientEvents>
  extends AsyncDisposable {
  readonly status: Readable<Status>;
  readonly presence: Presence;
  readonly inbox: Inbox;
  /** The one object for this room; nothing is sent before it is joined. Options given again replace the former. */
  room(id: string, options?: RoomOptions): Room<S, C>;
  /** Events of all rooms and of the user: each once, in order. */
  on<E extends AppEvent<S>>(event: E, handler: EventHandler<S, E>): () => void;
  /** A command to the backend that answers it. */
  call<E extends AppEvent<C>>(command: E, data: EventData<C, E>, options?: RequestOptions): Promise<CommandReply<C, E>>;
  /** Connects now, instead of at the end of a wait or after an end. */
  connect(): void;
  /** Says goodbye: this session leaves everything at once, without grace. `connect()` begins anew. */
  close(): Promise<void>;
}

/** Ids remembered to drop repeats; the server repeats within seconds. */
const SEEN_IDS = 2_048;
const VERSION = "0.1.0";

export function createClient<S extends object = AnyServerEvents, C extends object = AnyClientEvents>(
  options: ClientOptions,
  { clock = systemClock, open }: ClientSeams = {},
): Client<S, C> {
  const { url, namespace = "/", path = "/socket.io/", client = `rollcall-js/${VERSION}` } = options;
  const report: Report = options.onError ?? ((error) => console.error(error));
  const requests = createRequests(clock, options.offline ?? "fail");
  const handlers = createHandlers(report);
  const seen = createSeen(SEEN_IDS);
  const active = new Map<string, RoomShell>();
  /** Rooms that are not joined live as long as the app holds them. */
  const known = new Map<string, WeakRef<RoomShell>>();

  const session = () => {
    const now = connection.status.get();
    return now.phase === "online" ? now.session : undefined;
  };
  const online = () => session() !== undefined;
  let user = "";

  function deliver(event: EventTriple, roomHandlers?: Handlers): void {
    const id = event[2]?.id;
    if (id !== undefined && !seen(id)) return;
    roomHandlers?.emit(event);
    handlers.emit(event);
  }

  const presence = createPresence(clock, report, requests, online);
  const inbox = createInbox(clock, report, requests, online, deliver);

  function message(name: string, payload: unknown, meta: Meta): void {
    const event: EventTriple = [name, payload, meta];
    if (name === "presence:changed") presence.changed((payload as { changes: UserPresence[] }).changes);
    else if (name === "presence:resync") presence.resync((payload as { spreadMs: number }).spreadMs);
    else if (name === "inbox:changed") inbox.changed(payload as InboxChanged);
    else if (name === "session:fault") report(new RollcallError((payload as { error: WireError }).error));
    else if (name.startsWith("room:")) active.get((payload as { room: string }).room)?.message(event);
    else if (meta?.inbox && inbox.take(event)) return;
    else {
      const room = meta?.room === undefined ? undefined : active.get(meta.room);
      if (room) room.message(event);
      else deliver(event);
    }
  }

  const connection: Connection = createConnection({
    open: open ?? socketIo(url, namespace, path),
    token: options.token,
    clock,
    report,
    requests,
    session: options.session,
    greeting: () => ({ client, protocol: 1, presence: presence.wanted() ?? options.presence }),
    up(ready) {
      user = ready.user;
      for (const room of [...active.values()]) room.up(ready.resumed);
      presence.up();
      inbox.up();
    },
    down() {
      for (const room of [...active.values()]) room.down();
      presence.down();
      inbox.down();
    },
    message,
  });

  function route(shell: RoomShell, on: boolean): void {
    if (on) active.set(shell.room.id, shell);
    else active.delete(shell.room.id);
  }

  function shellOf(id: string): RoomShell {
    const before = active.get(id) ?? known.get(id)?.deref();
    if (before) return before;
    const shell = createRoom(id, { clock, report, requests, user: () => user, online, route, deliver });
    for (const [other, ref] of known) if (!ref.deref()) known.delete(other);
    known.set(id, new WeakRef(shell));
    return shell;
  }

  async function close(): Promise<void> {
    connection.close();
  }

  if (options.connect !== false) connection.connect();
  return {
    status: connection.status,
    presence: presence.presence,
    inbox: inbox.inbox,
    room(id, roomOptions) {
      const shell = shellOf(id);
      if (roomOptions) shell.configure(roomOptions);
      return shell.room as unknown as Room<S, C>;
    },
    on: handlers.on as unknown as Client<S, C>["on"],
    call: (command, data, request) => requests.request(command, data, { ...request, id: request?.id ?? clock.id() }),
    connect: connection.connect,
    close,
    [Symbol.asyncDispose]: close,
  };
}
