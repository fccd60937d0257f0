/** `presence`, `room`, `revoke`, `deadletter`, `explain`: the requests of backends and operators, from a shell. */

import { type Command, Option } from "commander";
import { type Bus, type BusFlags, useBus, withBus } from "../bus/connect.ts";
import { CliError, type Context } from "../context.ts";
import { nameOf, wholeNumber } from "../options.ts";
import { type Explained, explanation } from "../presence-explanation.ts";
import { table } from "../terminal.ts";

type Row = Record<string, unknown>;

const cell = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

export function addRequests(program: Command, context: Context): void {
  const { terminal } = context;

  const show = (flags: BusFlags, data: unknown, rows: readonly Row[], columns: readonly string[]) => {
    if (flags.json === true) return terminal.json(data);
    if (rows.length === 0) return terminal.note("none");
    for (const line of table(
      columns,
      rows.map((row) => columns.map((column) => cell(row[column]))),
    ))
      terminal.out(line);
  };
  const print = (flags: BusFlags, data: unknown) =>
    flags.json === true ? terminal.json(data) : terminal.out(JSON.stringify(data, undefined, 2));
  const ask = <T>(flags: BusFlags, name: string, body: unknown) =>
    useBus(flags, context, (bus: Bus) => bus.ask<T>(name, body));
  const page = (command: Command) =>
    command
      .option("--limit <n>", "at most that many", wholeNumber(1, 1_000))
      .option("--cursor <cursor>", "continue where `next` said");
  const paged = ({ limit, cursor }: { limit?: number; cursor?: string }) => ({
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const more = (next: string | undefined) => {
    if (next !== undefined) terminal.note(`more: --cursor ${next}`);
  };
  const namespace = () => new Option("--ns <namespace>", "namespace").argParser(nameOf("namespace")).default("/");

  const presence = program.command("presence").summary("who is online");
  const USER_COLUMNS = ["user", "status", "visible", "devices", "info", "epoch", "version"];
  withBus(presence.command("get").argument("<user...>")).action(async (users: string[], flags: BusFlags) => {
    const data = await ask<{ users: Row[]; stale?: boolean }>(flags, "presence.get", { users });
    show(flags, data, data.users, USER_COLUMNS);
    if (data.stale === true) terminal.note("stale: presence holds its evictions or was just rebuilt");
  });
  page(withBus(presence.command("list"))).action(async (flags: BusFlags & { limit?: number; cursor?: string }) => {
    const data = await ask<{ users: Row[]; next?: string }>(flags, "presence.list", paged(flags));
    show(flags, data, data.users, USER_COLUMNS);
    more(flags.json === true ? undefined : data.next);
  });
  withBus(presence.command("sessions").argument("<user>")).action(async (user: string, flags: BusFlags) => {
    const data = await ask<{ sessions: Row[] }>(flags, "presence.sessions", { user });
    show(flags, data, data.sessions, ["session", "namespace", "edge", "since", "status", "client", "rooms"]);
  });
  withBus(presence.command("explain").argument("<user>").summary("why is this user shown as they are")).action(
    async (user: string, flags: BusFlags) => {
      const data = await ask<Explained>(flags, "presence.explain", { user });
      if (flags.json === true) return terminal.json(data);
      for (const line of explanation(data)) terminal.out(line);
    },
  );

  const room = program.command("room").summary("what a room holds");
  page(withBus(room.command("list").addOption(namespace()).option("--prefix <prefix>"))).action(
    async (flags: BusFlags & { ns: string; prefix?: string; limit?: number; cursor?: string }) => {
      const { ns, prefix } = flags;
      const data = await ask<{ rooms: Row[]; next?: string }>(flags, "room.list", {
        namespace: ns,
        ...(prefix === undefined ? {} : { prefix }),
        ...paged(flags),
      });
      show(flags, data, data.rooms, ["room", "count", "since"]);
      more(flags.json === true ? undefined : data.next);
    },
  );
  page(withBus(room.command("members").argument("<room>").addOption(namespace()))).action(
    async (id: string, flags: BusFlags & { ns: string; limit?: number; cursor?: string }) => {
      const body = { namespace: flags.ns, room: id, ...paged(flags) };
      const data = await ask<{ members: Row[]; next?: string }>(flags, "room.members", body);
      show(flags, data, data.members, ["user", "name", "devices", "since", "info"]);
      more(flags.json === true ? undefined : data.next);
    },
  );
  withBus(room.command("state").argument("<room>").addOption(namespace())).action(
    async (id: string, flags: BusFlags & { ns: string }) => {
      const data = await ask<{ entries: Row[] }>(flags, "room.state", { namespace: flags.ns, room: id });
      show(flags, data, data.entries, ["key", "value", "version", "by", "expiresAt", "bound"]);
    },
  );

  withBus(
    program
      .command("revoke")
      .summary("end sessions, and refuse the tokens they came with")
      .argument("<user>", "whose", nameOf("user"))
      .option("--session <id>", "only this session", nameOf("session"))
      .option("--room <room>", "only out of this room", nameOf("room"))
      .option("--ns <namespace>", "only in this namespace", nameOf("namespace"))
      .option("--issued-before <time>", "tokens issued until then (default: now)")
      .option("--reason <text>", "for the record", "revoked by an operator"),
  ).action(async (user: string, flags: BusFlags & Record<string, string | undefined>) => {
    const { session, room: id, ns, issuedBefore, reason } = flags;
    const body = { user, session, room: id, namespace: ns, issuedBefore, reason };
    const data = await ask<{ revoked: number }>(flags, "session.revoke", JSON.parse(JSON.stringify(body)));
    if (flags.json === true) terminal.json(data);
    else terminal.out(`${data.revoked} sessions ended or left`);
  });

  withBus(
    program
      .command("explain")
      .summary("why did an event (not) arrive")
      .argument("<event id>")
      .option("--user <user>", "for this recipient", nameOf("user")),
  ).action(async (id: string, flags: BusFlags & { user?: string }) => {
    print(flags, await ask(flags, "delivery.get", { id, ...(flags.user === undefined ? {} : { user: flags.user }) }));
  });

  const letters = program.command("deadletter").summary("what could not be routed or delivered");
  withBus(
    letters
      .command("list")
      .option("--reason <reason>")
      .option("--limit <n>", "at most that many", wholeNumber(1, 1_000)),
  ).action(async (flags: BusFlags & { reason?: string; limit?: number }) => {
    const { reason, limit } = flags;
    const data = await ask<{ letters?: Row[] }>(
      flags,
      "deadletter.list",
      JSON.parse(JSON.stringify({ reason, limit })),
    );
    show(flags, data, data.letters ?? [], ["id", "reason", "detail", "subject", "sequence", "at"]);
  });
  withBus(letters.command("show").argument("<id>")).action(async (id: string, flags: BusFlags) => {
    const data = await ask<{ letters?: Row[] }>(flags, "deadletter.list", { ids: [id] });
    const [letter] = data.letters ?? [];
    if (letter === undefined) throw new CliError(`no dead letter ${id}`);
    print(flags, letter);
  });
  for (const [name, summary] of [
    ["replay", "route them again, for example after a contract was mended"],
    ["discard", "delete them"],
  ] as const) {
    withBus(
      letters.command(name).summary(summary).argument("[id...]").option("--reason <reason>", "all with it"),
    ).action(async (ids: string[], flags: BusFlags & { reason?: string }) => {
      if (ids.length === 0 && flags.reason === undefined)
        throw new CliError("name ids, or a --reason", { exitCode: 2 });
      const body = {
        ...(ids.length === 0 ? {} : { ids }),
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      };
      print(flags, await ask(flags, `deadletter.${name}`, body));
    });
  }
}
