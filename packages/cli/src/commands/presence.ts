/** `presence`: who is online, and why. */

import type { Command } from "commander";
import { answersOf, type PageFlags, type Row, withPages } from "../bus/answers.ts";
import { type BusFlags, withBus } from "../bus/connect.ts";
import type { Context } from "../context.ts";
import { type Explained, explanation } from "../presence-explanation.ts";

const USER = ["user", "status", "visible", "devices", "info", "epoch", "version"];
const SESSION = ["session", "namespace", "edge", "since", "status", "client", "rooms"];

export function addPresence(program: Command, context: Context): void {
  const { terminal } = context;
  const { ask, askPage, show } = answersOf(context);
  const presence = program.command("presence").summary("who is online");

  withBus(presence.command("get").argument("<user...>")).action(async (users: string[], flags: BusFlags) => {
    const data = await ask<{ users: Row[]; stale?: boolean }>(flags, "presence.get", { users });
    show(flags, data, data.users, USER);
    if (data.stale === true) terminal.note("stale: presence holds its evictions or was just rebuilt");
  });
  withPages(withBus(presence.command("list"))).action(async (flags: PageFlags) => {
    const data = await askPage<{ users: Row[] }>(flags, "presence.list", {});
    show(flags, data, data.users, USER);
  });
  withBus(presence.command("sessions").argument("<user>")).action(async (user: string, flags: BusFlags) => {
    const data = await ask<{ sessions: Row[] }>(flags, "presence.sessions", { user });
    show(flags, data, data.sessions, SESSION);
  });
  withBus(presence.command("explain").argument("<user>").summary("why is this user shown as they are")).action(
    async (user: string, flags: BusFlags) => {
      const data = await ask<Explained>(flags, "presence.explain", { user });
      if (flags.json === true) return terminal.json(data);
      for (const line of explanation(data)) terminal.out(line);
    },
  );
}
