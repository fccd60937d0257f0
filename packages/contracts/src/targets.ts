/**
 * Delivery targets: the adapter rooms that log entries name. Tenants come first and `/`, which no id may hold,
 * separates the parts, so that no id can reach into another part or another tenant.
 */

/** Members and observers of a room. The namespace is the entry's own field. */
export const roomTarget = (tenant: string, room: string) => `r:${tenant}/${room}`;
/** Every device of a user, in the entry's namespace. */
export const userTarget = (tenant: string, user: string) => `u:${tenant}/${user}`;
/** The one socket of a session. */
export const sessionTarget = (tenant: string, user: string, session: string) => `s:${tenant}/${user}/${session}`;
/** Those who watch a user's presence, in every namespace. */
export const watchTarget = (tenant: string, user: string) => `w:${tenant}/${user}`;
