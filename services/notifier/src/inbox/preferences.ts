/** What a user wants to be told, and when not to be disturbed. */

import { RollcallError } from "@rollcall/contracts";
import type { InboxStore } from "./inbox-store.ts";

/** From `from` to `to` of the day in `tz`, `HH:MM`; over midnight when `to` is earlier. Equal: never. */
export interface QuietHours {
  from: string;
  to: string;
  /** IANA name. */
  tz: string;
}

export interface Preference {
  /** Events the user does not want at all. */
  mute?: string[];
  /** When nothing is handed to a fallback. */
  quiet?: QuietHours;
}

export interface Preferences {
  get(tenant: string, user: string): Promise<Preference>;
  /** Replaces what was there. Throws `PAYLOAD_INVALID` for quiet hours that are none. */
  set(tenant: string, user: string, preference: Preference): Promise<void>;
  isMuted(tenant: string, user: string, event: string): Promise<boolean>;
}

export function createPreferences(store: Pick<InboxStore, "readPreference" | "writePreference">): Preferences {
  async function get(tenant: string, user: string): Promise<Preference> {
    const json = await store.readPreference(tenant, user);
    return json === undefined ? {} : (JSON.parse(json) as Preference);
  }
  return {
    get,
    async set(tenant, user, preference) {
      if (preference.quiet !== undefined) checkQuiet(preference.quiet);
      await store.writePreference(tenant, user, JSON.stringify(preference));
    },
    isMuted: async (tenant, user, event) => (await get(tenant, user)).mute?.includes(event) ?? false,
  };
}

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;

function checkQuiet({ from, to, tz }: QuietHours): void {
  const issues = [
    ...(TIME_OF_DAY.test(from) ? [] : [{ pointer: "/quiet/from", keyword: "pattern", message: "must be HH:MM" }]),
    ...(TIME_OF_DAY.test(to) ? [] : [{ pointer: "/quiet/to", keyword: "pattern", message: "must be HH:MM" }]),
    ...(isTimeZone(tz) ? [] : [{ pointer: "/quiet/tz", keyword: "format", message: "must be an IANA time zone" }]),
  ];
  if (issues.length > 0) throw RollcallError.invalid(issues);
}

function isTimeZone(tz: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: tz });
    return true;
  } catch {
    return false;
  }
}

export function isQuiet(quiet: QuietHours | undefined, nowMs: number): boolean {
  if (quiet === undefined || quiet.from === quiet.to || !isTimeZone(quiet.tz)) return false;
  const now = timeOfDay(nowMs, quiet.tz);
  return quiet.from < quiet.to ? now >= quiet.from && now < quiet.to : now >= quiet.from || now < quiet.to;
}

function timeOfDay(nowMs: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    nowMs,
  );
}
