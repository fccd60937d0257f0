/** `room`: what rooms there are, who is in one, and what it holds. */

import { type Command, Option } from "commander";
import { answersOf, type PageFlags, type Row, withPages } from "../bus/answers.ts";
import { withBus } from "../bus/connect.ts";
import type { Context } from "../context.ts";
import { nameOf } from "../options.ts";

interface Flags extends PageFlags {
  ns: string;
  prefix?: string;
}

export function addRoom(program: Command, context: Context): void {
  const { ask, askPage, show } = answersOf(context);
  const room = program.command("room").summary("what a room holds");
  const withRooms = (command: Command) =>
    withBus(command.addOption(new Option("--ns <namespace>", "namespace").argParser(nameOf("namespace")).default("/")));

  withPages(withRooms(room.command("list").option("--prefix <prefix>"))).action(async (flags: Flags) => {
    const { ns: namespace, prefix } = flags;
    const data = await askPage<{ rooms: Row[] }>(flags, "room.list", { namespace, prefix });
    show(flags, data, data.rooms, ["room", "count", "since"]);
  });
  withPages(withRooms(room.command("members").argument("<room>"))).action(async (id: string, flags: Flags) => {
    const data = await askPage<{ members: Row[] }>(flags, "room.members", { namespace: flags.ns, room: id });
    show(flags, data, data.members, ["user", "name", "devices", "since", "info"]);
  });
  withRooms(room.command("state").argument("<room>")).action(async (id: string, flags: Flags) => {
    const data = await ask<{ entries: Row[] }>(flags, "room.state", { namespace: flags.ns, room: id });
    show(flags, data, data.entries, ["key", "value", "version", "by", "expiresAt", "bound"]);
  });
}
