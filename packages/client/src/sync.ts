/**
 * How a room's view is kept equal to the server's: join, pages, live diffs, repair. Pure; rules R1-R10 of `SPEC.md`.
 * The shell (`room.ts`) runs the effects and reports back as events.
 */

import { backoffMs } from "./backoff.ts";
import type { RollcallError } from "./errors.ts";
import {
  addPage,
  fromJoin,
  haveOf,
  isWhole,
  type Page,
  type PageRequest,
  type RoomView,
  reduce,
  type Snapshot,
} from "./fold.ts";
import type { EventTriple, JoinAck, JoinHave } from "./wire.ts";

/** What outlives every state: the newest view, the number of the newest join, and what failed since the last success. */
interface Common {
  readonly view: RoomView | undefined;
  /** Answers carry the turn they belong to; those of an older one are ignored. */
  readonly turn: number;
  readonly refusals: number;
  readonly gaps: number;
}

export type Sync = Common &
  (
    | { readonly at: "away" }
    | { readonly at: "waiting" }
    | {
        readonly at: "joining";
        readonly draft: Snapshot | undefined;
        readonly pagesLeft: number;
        /** Messages to fold onto the answer. */
        readonly kept: readonly EventTriple[];
        /** A resync arrived meanwhile: join once more, after this time. */
        readonly againMs: number | undefined;
      }
    | { readonly at: "live"; readonly view: RoomView; readonly due: "settle" | "resync" | undefined }
    | { readonly at: "failed"; readonly error: RollcallError }
  );

export type SyncEvent =
  /** The session is ready, or the app asks for the room. */
  | { type: "up" }
  | { type: "down" }
  | { type: "joined"; turn: number; ack: JoinAck }
  | { type: "page"; turn: number; page: Page }
  | { type: "refused"; turn: number; error: RollcallError }
  | { type: "message"; event: EventTriple }
  | { type: "resync"; spreadMs: number }
  | { type: "removed"; error: RollcallError }
  | { type: "timer" };

export type SyncEffect =
  | { do: "join"; turn: number; have: JoinHave | undefined }
  | { do: "page"; turn: number; request: PageRequest }
  /** The one timer, set anew or (without `ms`) cancelled. */
  | { do: "timer"; ms?: number }
  | { do: "deliver"; events: readonly EventTriple[] }
  /** Events of the history were lost to this client: `after` is the last it knows, if the numbers still mean anything. */
  | { do: "missed"; after: number | undefined };

export type Step = readonly [Sync, readonly SyncEffect[]];

export const MAX_KEPT = 2_000;
export const MAX_PAGES = 100;
export const SETTLE_MS = 5_000;
/** A lost diff is noticed by every member at the same time. */
export const REPAIR_SPREAD_MS = 500;
/** From the second gap in a row on, what is known here is not trusted. */
const MAX_TRUSTED_GAPS = 1;

export const initial: Sync = { at: "away", view: undefined, turn: 0, refusals: 0, gaps: 0 };

const common = ({ view, turn, refusals, gaps }: Sync): Common => ({ view, turn, refusals, gaps });

function join(state: Sync): Step {
  const turn = state.turn + 1;
  const have = state.view && haveOf(state.view, state.gaps <= MAX_TRUSTED_GAPS); // R6
  return [
    { ...common(state), at: "joining", turn, draft: undefined, pagesLeft: MAX_PAGES, kept: [], againMs: undefined },
    [{ do: "timer" }, { do: "join", turn, have }],
  ];
}

/** R5, R6: something is missing. */
function repair(state: Sync, random: number): Step {
  const ms = state.gaps === 0 ? random * REPAIR_SPREAD_MS : backoffMs(state.gaps, random);
  return [{ ...common(state), at: "waiting", gaps: state.gaps + 1 }, [{ do: "timer", ms }]];
}

/** R3: what came while the snapshot was made is folded onto it. */
function finish(state: Sync & { at: "joining" }, draft: Snapshot, random: number): Step {
  let { view } = draft;
  const events = [...draft.events];
  if (state.kept.length > MAX_KEPT) return repair(state, random);
  for (const event of state.kept) {
    const next = reduce(view, event);
    if (next === "gap") return repair(state, random);
    if (next.history !== view.history) events.push(event);
    view = next;
  }
  const due = state.againMs !== undefined ? "resync" : isWhole(view) ? undefined : "settle";
  const effects: SyncEffect[] = [];
  if (due) effects.push({ do: "timer", ms: state.againMs ?? SETTLE_MS });
  if (state.view && !draft.continued && draft.view.history.seq > 0) {
    const same = state.view.epoch === view.epoch;
    effects.push({ do: "missed", after: same ? state.view.history.seq : undefined }); // R8
  }
  if (events.length > 0) effects.push({ do: "deliver", events });
  return [{ ...common(state), at: "live", view, due, refusals: 0 }, effects];
}

function assemble(state: Sync & { at: "joining" }, draft: Snapshot | "gap", random: number): Step {
  if (draft === "gap") return repair(state, random);
  const [request] = draft.pages;
  if (!request) return finish(state, draft, random);
  if (state.pagesLeft === 0) return repair(state, random);
  return [{ ...state, draft, pagesLeft: state.pagesLeft - 1 }, [{ do: "page", turn: state.turn, request }]];
}

function receive(state: Sync, event: EventTriple, random: number): Step {
  // R9: what has no number waits for nobody.
  const plain = !event[0].startsWith("room:") && event[2]?.seq === undefined;
  if (plain) return [state, state.at === "failed" ? [] : [{ do: "deliver", events: [event] }]];
  if (state.at === "joining") {
    return [state.kept.length > MAX_KEPT ? state : { ...state, kept: [...state.kept, event] }, []];
  }
  if (state.at !== "live") return [state, []];
  const view = reduce(state.view, event);
  if (view === "gap") return repair(state, random);
  if (view === state.view) return [state, []];
  const settled = state.due === "settle" && isWhole(view);
  const effects: SyncEffect[] = settled ? [{ do: "timer" }] : [];
  if (view.history !== state.view.history) effects.push({ do: "deliver", events: [event] });
  return [{ ...state, view, gaps: 0, due: settled ? undefined : state.due }, effects];
}

/** One step. `random` in [0, 1) spreads what many clients would do at the same time. */
export function step(state: Sync, event: SyncEvent, random: number): Step {
  if ("turn" in event && (state.at !== "joining" || event.turn !== state.turn)) return [state, []]; // R2
  switch (event.type) {
    case "up":
      return join({ ...state, gaps: 0, refusals: 0 });
    case "down":
      return state.at === "failed" ? [state, []] : [{ ...common(state), at: "away" }, [{ do: "timer" }]];
    case "joined":
      return state.at === "joining" ? assemble(state, fromJoin(state.view, event.ack), random) : [state, []];
    case "page":
      return state.at === "joining" && state.draft
        ? assemble(state, addPage(state.draft, event.page), random)
        : [state, []];
    case "refused": {
      const { error } = event;
      // R7: NOT_A_MEMBER answers a page when the server forgot us between the join and it.
      if (!error.retryable && error.code !== "NOT_A_MEMBER") return [{ ...common(state), at: "failed", error }, []];
      const ms = backoffMs(state.refusals, random, error.retryAfterMs);
      return [{ ...common(state), at: "waiting", refusals: state.refusals + 1 }, [{ do: "timer", ms }]];
    }
    case "message":
      return receive(state, event.event, random);
    case "resync": {
      const ms = event.spreadMs * random; // R10
      if (state.at === "joining") return [{ ...state, againMs: state.againMs ?? ms }, []];
      if (state.at !== "live" || state.due === "resync") return [state, []];
      return [{ ...state, due: "resync" }, [{ do: "timer", ms }]];
    }
    case "removed":
      return [{ ...common(state), at: "failed", error: event.error }, [{ do: "timer" }]];
    case "timer":
      return state.at === "live" || state.at === "waiting" ? join(state) : [state, []];
  }
}
