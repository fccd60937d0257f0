/** `preference.get` and `preference.set`. */

import type { Preference, Preferences } from "../inbox/preferences.ts";
import { checked } from "./checked.ts";

export function createPreferenceHandlers(preferences: Preferences) {
  return {
    async get(tenant: string, body: unknown) {
      const { user } = checked("preference.get", body);
      return { user, ...(await preferences.get(tenant, user)) };
    },
    async set(tenant: string, body: unknown) {
      const { user, mute, quiet } = checked("preference.set", body);
      const preference: Preference = {
        ...(mute === undefined ? {} : { mute }),
        ...(quiet === undefined ? {} : { quiet }),
      };
      await preferences.set(tenant, user, preference);
      return { user, ...preference };
    },
  };
}
