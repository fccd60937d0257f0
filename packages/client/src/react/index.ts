/**
 * React bindings: every hook shows an immutable snapshot of the client's, and re-renders when that changes.
 *
 *     const { room, status } = useRoom("doc:1");
 *     const members = useMembers(room);
 *     const [title, setTitle] = useRoomState<string>(room, "title");
 */

import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { Client } from "../client.ts";
import type { RollcallError } from "../errors.ts";
import type { InboxSnapshot } from "../inbox.ts";
import type { Watch, WatchSnapshot } from "../presence.ts";
import type { Readable } from "../readable.ts";
import type { Room, RoomOptions, RoomStatus } from "../room-api.ts";
import type { Patched, SetOptions } from "../room-state.ts";
import type { Status } from "../session.ts";
import type { AnyClientEvents, AnyServerEvents, AppEvent, EventHandler } from "../typed.ts";
import type { Member } from "../wire.ts";

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives the client to the tree below. Who made it closes it. */
export function RollcallProvider<S extends object, C extends object>(props: {
  client: Client<S, C>;
  children?: ReactNode;
}): ReactNode {
  return createElement(ClientContext.Provider, { value: props.client as unknown as Client }, props.children);
}

export function useClient<S extends object = AnyServerEvents, C extends object = AnyClientEvents>(): Client<S, C> {
  const client = useContext(ClientContext);
  if (!client) throw new Error("no <RollcallProvider> above");
  return client as unknown as Client<S, C>;
}

/** Any of the client's values: `useReadable(room.history)`. */
export const useReadable = <T>(readable: Readable<T>): T =>
  useSyncExternalStore(readable.subscribe, readable.get, readable.get);

export const useStatus = (): Status => useReadable(useClient().status);

export interface RoomHandle<S extends object, C extends object> {
  readonly room: Room<S, C>;
  readonly status: RoomStatus;
  /** Why `status` is `failed`. */
  readonly error: RollcallError | undefined;
}

/** In the room for as long as this, or any other component that names it, is mounted. `options` count when it joins. */
export function useRoom<S extends object = AnyServerEvents, C extends object = AnyClientEvents>(
  id: string,
  options?: RoomOptions,
): RoomHandle<S, C> {
  const client = useClient<S, C>();
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const room = client.room(id);
  useEffect(() => client.room(id, latest.current).hold(), [client, id]);
  return { room, status: useReadable(room.status), error: room.error() };
}

type AnyRoom = Pick<Room, "members" | "state">;

export const useMembers = (room: Pick<AnyRoom, "members">): readonly Member[] => useReadable(room.members);

/** A key's value, own unconfirmed writes included, and how to set it. */
export function useRoomState<T = unknown>(
  room: Pick<AnyRoom, "state">,
  key: string,
): readonly [T | undefined, (value: T, options?: SetOptions) => Promise<Patched>] {
  const { state } = room;
  const get = () => state.get<T>(key);
  const set = useCallback((value: T, options?: SetOptions) => state.set(key, value, options), [state, key]);
  return [useSyncExternalStore(state.subscribe, get, get), set];
}

/** Calls the newest `handler` for each event, while mounted. `source` is a room, or the client for all events. */
export function useEvent<S extends object, C extends object, E extends AppEvent<S>>(
  source: Room<S, C> | Client<S, C>,
  event: E,
  handler: EventHandler<S, E>,
): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => source.on(event, (data, meta) => latest.current(data, meta)), [source, event]);
}

const NOT_YET: WatchSnapshot = { phase: "stale", users: new Map() };
const NO_WATCH: Readable<WatchSnapshot> = { get: () => NOT_YET, subscribe: () => () => {} };

/** How these users are, whatever the order of their names. */
export function usePresence(users: readonly string[]): WatchSnapshot {
  const client = useClient();
  const [watch, setWatch] = useState<Watch>();
  const names = [...users].sort().join(" "); // ids hold no space
  useEffect(() => {
    const own = client.presence.watch(names === "" ? [] : names.split(" "));
    setWatch(own);
    return () => own.close();
  }, [client, names]);
  return useReadable(watch ?? NO_WATCH);
}

/** The user's inbox; starts it, after the handlers of what is mounted with it. `client.inbox.start(have)` before wins. */
export function useInbox(): InboxSnapshot {
  const { inbox } = useClient();
  useEffect(() => inbox.start(), [inbox]);
  return useReadable(inbox);
}
