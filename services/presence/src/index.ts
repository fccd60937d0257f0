/** For tests and tools that run a replica in their own process. The service itself is `main.ts`. */

export { type Presence, type PresenceOptions, startPresence } from "./presence.ts";
