/** A room as this client follows it. One per room and client. */

import type { Clock } from "./clock.ts";
import { offline, RollcallError, tokenFrom } from "./errors.ts";
import { addPage, fromJoin, haveOf, isWhole, type Page, type RoomView, reduce } from "./fold.ts";
import { createFollow } from "./follow.ts";
import { createHandlers, type Handler, type Handlers } from "./handlers.ts";
import { cell, type Report } from "./readable.ts";
import { FAIL, type RequestOptions, type Requests } from "./requests.ts";
import type { Published, Room, RoomOptions, RoomStatus } from "./room-api.ts";
import { createRoomState, type Patched } from "./room-state.ts";
import type { EventTriple, JoinAck, Member, Meta, Removed, Resync } from "./wire.ts";

/** What a room needs of its client. */
export interface RoomHost {
  readonly clock: Clock;
  readonly report: Report;
  readonly requests: Requests;
  user(): string;
  online(): boolean;
  /** Starts or stops the routing of messages to this room. */
  route(room: RoomShell, active: boolean): void;
  deliver(event: EventTriple, handlers: Handlers): void;
}

export interface RoomShell {
  readonly room: Room;
  configure(options: RoomOptions): void;
  up(resumed: boolean): void;
  down(): void;
  message(event: EventTriple): void;
}

/** Among the handlers, under a name that no event has. */
const MISSED = "";
const MAX_PAGES = 100;
/** A view whose parts do not come to one time by themselves is fetched again. */
const SETTLE_MS = 2_000;
const NOTHING: readonly EventTriple[] = [];
const REMOVED_CODES: Record<string, RollcallError["code"]> = { expired: "AUTH_EXPIRED", revoked: "AUTH_REVOKED" };

/** Members in an order that a change of one does not upset. */
function listed(members: ReadonlyMap<string, Member> | undefined): readonly Member[] {
  const rank = ({ since, user }: Member) => since + user;
  return [...(members?.values() ?? [])].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

export function createRoom(id: string, host: RoomHost): RoomShell {
  const { clock, report, requests } = host;
  const handlers = createHandlers(report);
  const status = cell<RoomStatus>("idle", report);
  const members = cell<readonly Member[]>([], report);
  const count = cell(0, report);
  const history = cell(NOTHING, report);

  let options: RoomOptions = {};
  /** The newest view, whole or not; `shown` is the newest whole one. */
  let view: RoomView | undefined;
  let shown: RoomView | undefined;
  /** Numbered events that were folded and not handed on yet. */
  const fresh: EventTriple[] = [];
  const holds = new Set<object>();
  let active = false;
  let error: RollcallError | undefined;
  /** A join was sent on this connection: there is something to leave. */
  let asked = false;
  /** The server answered it: requests make sense. */
  let member = false;
  /** The server knows our `info`; sent again it would be news to everybody. */
  let announced = false;
  let serverStale = false;

  function gate(): RollcallError | undefined {
    if (member) return undefined;
    return error ?? (active ? offline(false) : new RollcallError({ code: "NOT_A_MEMBER" }));
  }
  const ask = <T>(name: string, payload: object, request?: RequestOptions) =>
    requests.request<T>(name, { room: id, ...payload }, request, gate);

  const stateShell = createRoomState(report, host.user, (ops, request) =>
    ask<Patched>("state:patch", { ops }, request),
  );

  const follow = createFollow<EventTriple>(clock, report, {
    ask: join,
    fold(event) {
      const before = view as RoomView;
      const next = reduce(before, event);
      if (next === "gap") return next;
      view = next;
      if (next.history !== before.history) fresh.push(event);
    },
    changed,
    refused: (reason) => fail(reason),
  });

  async function join(current: () => boolean): Promise<unknown> {
    const { info, observe, last } = options;
    const grant = options.grant && (await tokenFrom(options.grant));
    if (!current()) return;
    asked = true;
    const ack = await requests.request<JoinAck>(
      "room:join",
      {
        room: id,
        info: announced ? undefined : info,
        observe,
        grant,
        have: view && haveOf(view, follow.gaps() < 2),
        last: view ? undefined : last,
      },
      FAIL,
    );
    if (!current()) return;
    member = announced = true;
    serverStale = ack.stale === true;
    requests.wake();
    let snapshot = fromJoin(view, ack);
    for (let left = MAX_PAGES; snapshot !== "gap" && snapshot.pages[0] && left > 0; left--) {
      const [name, where] = snapshot.pages[0];
      const page = await requests.request<Page>(name, { room: id, ...where }, FAIL);
      if (!current()) return;
      snapshot = addPage(snapshot, page);
    }
    if (snapshot === "gap" || snapshot.pages[0]) return "gap";
    const before = view;
    view = snapshot.view;
    if (before && !snapshot.continued && (before.history.seq || view.history.seq)) {
      const after = before.epoch === view.epoch ? before.history.seq : undefined;
      handlers.emit([MISSED, { after }, {} as Meta]);
    }
    fresh.push(...snapshot.events);
  }

  function changed(): void {
    const whole = follow.live() && view && isWhole(view);
    if (whole) show(view);
    else if (!active || error) show(undefined);
    else if (follow.live()) follow.start(SETTLE_MS);
    if (!active) status.set("idle");
    else if (error) status.set("failed");
    else if (!shown) status.set("joining");
    else status.set(whole && !serverStale ? "live" : "stale");
    // Handlers find the room as the event left it.
    for (const event of fresh.splice(0)) if (active) host.deliver(event, handlers);
  }

  function show(next: RoomView | undefined): void {
    const before = shown;
    shown = next;
    if (next === before) return;
    if (next?.roster.items !== before?.roster.items) members.set(listed(next?.roster.items));
    count.set(next?.roster.count ?? 0);
    history.set(next?.history.events ?? NOTHING);
    if (next?.state !== before?.state) stateShell.show(next);
  }

  function fail(reason: RollcallError): void {
    error = reason;
    asked = member = announced = false;
    follow.stop();
    requests.wake();
  }

  function start(): void {
    if (active && !error) return;
    active = true;
    error = undefined;
    host.route(shell, true);
    if (host.online()) follow.start();
    else changed();
  }

  /** Forgets the room, and says so if the server knows of us. */
  async function stop(): Promise<void> {
    if (!active || holds.size > 0) return;
    const tell = asked && host.online();
    active = asked = member = announced = false;
    error = view = undefined;
    host.route(shell, false);
    follow.stop();
    requests.wake();
    if (!tell) return; // rooms are not kept for a client that does not join again
    try {
      await requests.request("room:leave", { room: id }, FAIL);
    } catch (cause) {
      if ((cause as RollcallError).code !== "OFFLINE") throw cause;
    }
  }

  function untilShown(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!signal?.aborted && status.get() === "joining") return;
        end();
        signal?.removeEventListener("abort", look);
        if (signal?.aborted) reject(signal.reason);
        else if (shown) resolve();
        else reject(error ?? new RollcallError({ code: "CLOSED" }));
      };
      const end = status.subscribe(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }

  async function leave(): Promise<void> {
    holds.delete(holds); // the hold of `join()`
    await stop();
  }

  const room: Room = {
    id,
    status,
    error: () => error,
    members,
    count,
    history,
    state: stateShell.state,
    async join({ signal } = {}) {
      signal?.throwIfAborted();
      holds.add(holds);
      start();
      try {
        await untilShown(signal);
      } catch (cause) {
        if (signal?.aborted) await leave();
        throw cause;
      }
    },
    leave,
    hold() {
      const own = {};
      holds.add(own);
      start();
      return () => {
        // At the end of the turn: a part of a page that is replaced by another must not make the user leave and join.
        holds.delete(own);
        clock.timer(0, () => void stop().catch(report));
      };
    },
    async update(info, request) {
      const answer = await ask<{ version: number }>("room:update", { info }, request);
      options = { ...options, info };
      return answer;
    },
    on: handlers.on,
    onMissed: (handler) => handlers.on(MISSED, handler as Handler),
    publish: (event, data, request) => ask<Published>(event, { data }, request),
    send: (event, data) => member && requests.send(event, { room: id, data }),
    readHistory: (which, request) => ask("room:history", which, request),
    readMembers: (which, request) => ask("room:members", which, request),
    view: () => shown,
    [Symbol.asyncDispose]: leave,
  };

  const shell: RoomShell = {
    room,
    configure(next) {
      options = { ...options, ...next };
    },
    up(resumed) {
      announced &&= resumed;
      if (!error) follow.start();
    },
    down() {
      asked = member = false;
      follow.stop();
    },
    message(event) {
      const [name, payload, meta] = event;
      if (name === "room:resync") follow.start((payload as Resync).spreadMs * clock.random());
      else if (name === "room:removed") {
        const { reason } = payload as Removed;
        const code = REMOVED_CODES[reason] ?? "FORBIDDEN";
        fail(new RollcallError({ code, message: `removed from the room: ${reason}` }));
        // A grant that ran out can be had again; what else was taken away was taken on purpose.
        if (reason === "expired" && options.grant) start();
      } else if (name.startsWith("room:") || meta?.seq !== undefined) follow.receive(event);
      else host.deliver(event, handlers); // what has no number waits for nobody
    },
  };
  return shell;
}
