/**
 * `contracts types`, run as a user does, and its files given to the TypeScript compiler: alone, and with a stock client,
 * our client and our publisher. Two runs of the compiler for all cases: each costs a second.
 */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadContracts } from "@rollcall/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../test/run-command.ts";

const root = new URL("../../../../", import.meta.url).pathname;
const tsc = join(root, "node_modules/typescript/bin/tsc");
const SETS = {
  board: "examples/board/contracts",
  github: "examples/github/contracts",
  desk: "examples/support-desk/contracts",
  market: "packages/contracts/test/contracts",
  hostile: "packages/contracts/test/hostile",
};

const PACKAGES = {
  "socket.io-client": "packages/cli/node_modules/socket.io-client",
  "@rollcall/client": "packages/client",
  "@rollcall/publisher": "packages/publisher",
};

/** Lines that must compile, and after `@ts-expect-error` those that must not. */
const USES = {
  "alone/events.ts": `
    import type { EventOf, AckOf, Money, OrderShipped, BackOfficeOrderShipped, Rooms, Namespaces } from "./market.ts";
    import { eventRoutes, backOfficeEventRoutes } from "./market.ts";
    import type { EventOf as GithubEvent } from "./github.ts";
    type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    const yes = <T extends true>(): T | void => {};

    yes<Same<EventOf<"order:shipped", "/">, OrderShipped>>();
    yes<Same<EventOf<"order:shipped", "/back-office">, BackOfficeOrderShipped>>();
    yes<Same<EventOf<"order:shipped">, OrderShipped | BackOfficeOrderShipped>>();
    export const dealOf = (ack: AckOf<"deal:close">): number => (ack.ok ? ack.data.id : 0);
    // @ts-expect-error what it holds when it is not ok is an error
    export const dataOf = (ack: AckOf<"deal:close">): number => ack.data.id;
    export const routes: string[] = [eventRoutes["order:shipped"].type, eventRoutes["stall:moved"].from];
    yes<Same<(typeof backOfficeEventRoutes)["order:shipped"], { readonly from: "events.{tenant}.orders.audited" }>>();

    export const shipped: OrderShipped = {
      orderId: "O-1", customer: { id: "ada", name: null }, lines: [{ sku: "tea", count: 2 }],
      carrier: null, at: [52.5, 13.4], labels: { gift: "yes" },
    };
    // @ts-expect-error a required member is missing
    export const missing: OrderShipped = { orderId: "O-1", lines: [] };
    // @ts-expect-error no carrier is called so
    export const carrier: OrderShipped["carrier"] = "snail";
    // @ts-expect-error two numbers, no more
    export const place: OrderShipped["at"] = [1, 2, 3];
    // @ts-expect-error labels are texts
    export const labels: OrderShipped["labels"] = { gift: 1 };
    // @ts-expect-error no such event
    export type Unknown = EventOf<"order:lost">;
    // @ts-expect-error a relay is nothing that backends publish
    export type Relay = EventOf<"hand:raised">;
    // @ts-expect-error nothing is undeclared in a closed object
    export const money: Money = { amount: 1, currency: "EUR", more: 1 };
    // @ts-expect-error no such namespace
    export type Nowhere = Namespaces["/nowhere"];

    export const info: Rooms["stall:*"]["info"] = { role: "seller" };
    export const price: Rooms["stall:*"]["state"]["price"] = { amount: 1, currency: "USD" };
    // @ts-expect-error the lobby takes no info
    export const none: Rooms["lobby"]["info"] = { role: "seller" };

    export const opened = (event: GithubEvent<"issue:opened">): [string, "opened", number] =>
      [event.repository.full_name, event.action, event.issue.number];
    // @ts-expect-error another action
    export const closed = (event: GithubEvent<"issue:opened">): "closed" => event.action;
  `,
  "fit/stock.ts": `
    import { io, type Socket } from "socket.io-client";
    import type { AckOf, Acked, BackOfficeClientToServer, BackOfficeServerToClient, ClientToServer, Member, OrderShipped, Reply, ServerToClient } from "../alone/market.ts";
    const socket: Socket<ServerToClient, ClientToServer> = io("http://localhost:4000", { transports: ["websocket"] });

    socket.on("session:ready", ({ heartbeat, limits }) => { const n: number = heartbeat.graceMs + limits.rooms; void n; });
    socket.on("room:roster", ({ joined = [] }) => { const members: Member[] = joined; void members; });
    socket.on("order:shipped", (order, meta) => { const o: OrderShipped = order; const s: number | undefined = meta.inbox?.seq; void [o, s]; });
    // @ts-expect-error a command never arrives
    socket.on("deal:close", () => {});
    // @ts-expect-error no such event
    socket.on("order:lost", () => {});
    // @ts-expect-error a payload is no text
    socket.on("offer:made", (offer: string) => { void offer; });

    socket.emit("offer:made", { room: "stall:1", data: { price: { amount: 1, currency: "EUR" }, kind: "fixed" } });
    socket.emit("hand:raised", { room: "lobby", data: {} }, null, (reply) => { if (reply.ok) { const seq: number | undefined = reply.data.seq; void seq; } });
    socket.emit("room:join", { room: "stall:1", last: 20 }, null, (reply) => { if (reply.ok) reply.data.roster.members?.map(({ user }) => user.length); else reply.error.code satisfies string; });
    socket.emit("state:patch", { room: "stall:1", ops: [{ op: "set", key: "price", value: 1 }, { op: "increment", key: "n", by: 1 }] });
    socket.emit("deal:close", { deal: "D", answer: { accept: true } }, { id: "a" }, (reply) => { if (reply.ok) { const id: number = reply.data.id; void id; } });
    socket.emit("deal:close", { deal: "D", answer: { reason: "no" } });
    // @ts-expect-error a join without an ack tells nobody anything
    socket.emit("room:join", { room: "stall:1" });
    // @ts-expect-error relays name their room
    socket.emit("hand:raised", { urgent: true });
    // @ts-expect-error not a text
    socket.emit("hand:raised", { room: "lobby", data: { urgent: "very" } });
    // @ts-expect-error an event is the backend's to send
    socket.emit("order:shipped", { orderId: "O-1" });
    // @ts-expect-error no such state operation
    socket.emit("state:patch", { room: "r", ops: [{ op: "swap", key: "k" }] });
    // @ts-expect-error meta has no such member
    socket.emit("deal:close", { deal: "D", answer: { reason: "no" } }, { trace: "x" });

    const acked: Socket<ServerToClient, Acked<ClientToServer>> = socket as never;
    export async function close(): Promise<number> {
      const typed = await acked.emitWithAck("deal:close", { deal: "D", answer: { accept: true } }, null);
      // @ts-expect-error an id is a number
      if (typed.ok) typed.data.id satisfies string;
      // @ts-expect-error no number is a deal
      await acked.emitWithAck("deal:close", { deal: 1, answer: { accept: true } }, null);
      const reply: AckOf<"deal:close"> = await socket.timeout(5_000).emitWithAck("deal:close", { deal: "D", answer: { reason: "" } });
      const same: Reply<{ id: number; at: string }> = reply;
      return same.ok ? same.data.id : 0;
    }

    const office: Socket<BackOfficeServerToClient, BackOfficeClientToServer> = io("http://localhost:4000/back-office");
    office.on("offer:made", (text) => { const t: string = text; void t; });
    // @ts-expect-error declared on the other namespace
    office.on("stall:moved", () => {});
    // @ts-expect-error of this namespace's place
    office.emit("stall:ban", { place: { row: 1 } });
  `,
  "fit/client.ts": `
    import { createClient } from "@rollcall/client";
    import type { BackOfficeClientToServer, BackOfficeServerToClient, ClientToServer, OrderShipped, ServerToClient } from "../alone/market.ts";
    const client = createClient<ServerToClient, ClientToServer>({ url: "http://localhost:4000", token: async () => "t" });
    const room = client.room("stall:1");
    client.on("order:shipped", (order) => { const o: OrderShipped = order; void o; });
    room.on("stall:moved", ({ stall, row }) => { const t: [string, number] = [stall, row]; void t; });
    export async function go(): Promise<number> {
      await room.publish("offer:made", { price: { amount: 1, currency: "EUR" }, kind: "open" });
      const { id } = await client.call("deal:close", { deal: "D", answer: { accept: true } });
      // @ts-expect-error a command is called, not published
      await room.publish("deal:close", { deal: "D", answer: { accept: true } });
      // @ts-expect-error a relay is published, not called
      await client.call("offer:made", {});
      // @ts-expect-error no such currency
      await room.publish("offer:made", { price: { amount: 1, currency: "XXX" }, kind: "open" });
      // @ts-expect-error core's events have functions of their own
      client.on("room:roster", () => {});
      return id;
    }
    const office = createClient<BackOfficeServerToClient, BackOfficeClientToServer>({ url: "", namespace: "/back-office", token: async () => "t" });
    export const done = office.on("audit:done", ({ at }) => { const t: string = at; void t; });
  `,
  "fit/publisher.ts": `
    import { createPublisher } from "@rollcall/publisher";
    import { type Events, eventRoutes } from "../alone/market.ts";
    type Published = Pick<Events, keyof typeof eventRoutes>;
    export const publisher = (nc: Parameters<typeof createPublisher>[0]["nc"]) =>
      createPublisher<Published>({ nc, source: "/shop", events: eventRoutes });
    export async function go(p: ReturnType<typeof publisher>): Promise<void> {
      await p.publish("stall:moved", { stall: "a", row: 1 });
      // @ts-expect-error an order has lines
      await p.publish("order:shipped", { orderId: "O-1", customer: { id: "ada" } });
      // @ts-expect-error only the emit request sends it
      await p.publish("market:closed", {});
    }
  `,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-types-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STRICT = {
  strict: true,
  noEmit: true,
  target: "es2022",
  module: "nodenext",
  allowImportingTsExtensions: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
};

/** What the compiler says of a folder; nothing when it is content. */
async function compile(name: string, options: object): Promise<string> {
  writeFileSync(
    join(folder, name, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...STRICT, ...options }, include: ["*.ts"] }),
  );
  const run = promisify(execFile)(process.execPath, [tsc, "-p", join(folder, name)]);
  return run.then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout || String(error),
  );
}

/** Every example of the contracts as a value of its event's type: what validates must fit. */
async function examplesOf(name: string, path: string): Promise<string> {
  const loaded = await loadContracts([path]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const lines = loaded.catalogue.namespaces.flatMap(({ namespace, relays, commands, events }) => {
    const values = (map: string, entries: readonly { name: string; examples: readonly unknown[] }[]) =>
      entries.flatMap((entry) => {
        const type = `Parameters<Namespaces[${JSON.stringify(namespace)}]["${map}"]["${entry.name}"]>[0]`;
        return entry.examples.map((example) => `(${JSON.stringify(example)}) satisfies ${type},`);
      });
    return [...values("serverToClient", [...relays, ...events]), ...values("clientToServer", commands)];
  });
  return `import type { Namespaces } from "./${name}.ts";\nexport const examples = [\n${lines.join("\n")}\n];\n`;
}

test("what it writes compiles strictly, alone and with the clients and publishers it is for, and refuses what is wrong", async () => {
  for (const name of ["alone", "fit"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  mkdirSync(join(folder, "node_modules/@rollcall"), { recursive: true });
  for (const [name, path] of Object.entries(PACKAGES))
    symlinkSync(join(root, path), join(folder, "node_modules", name));
  for (const [name, path] of Object.entries(SETS)) {
    const { code } = await runCommand(
      "contracts",
      "types",
      "--out",
      join(folder, "alone", `${name}.ts`),
      join(root, path),
    );
    expect(code).toBe(0);
  }
  for (const name of ["board", "desk", "market"] as const) {
    writeFileSync(join(folder, "alone", `${name}-examples.ts`), await examplesOf(name, join(root, SETS[name])));
  }
  for (const [file, text] of Object.entries(USES)) writeFileSync(join(folder, file), text);
  const [alone, fit] = await Promise.all([
    compile("alone", { lib: ["es2022"], types: [] }),
    compile("fit", {
      lib: ["es2024", "dom", "esnext.disposable"],
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
      skipLibCheck: true,
      erasableSyntaxOnly: false,
      noUnusedLocals: false,
    }),
  ]);
  expect(alone).toBe("");
  expect(fit).toBe("");
}, 60_000);

test("without --out it is on stdout; with it, the folders are made", async () => {
  const files = join(root, SETS.board);
  const { stdout } = await runCommand("contracts", "types", files);
  const out = join(folder, "a/b/c.ts");
  const { stdout: nothing, code } = await runCommand("contracts", "types", files, "--out", out);
  expect([code, nothing]).toEqual([0, ""]);
  expect(`${stdout}\n`).toBe(readFileSync(out, "utf8"));
  const { stdout: json } = await runCommand("contracts", "types", files, "--out", out, "--json");
  expect(JSON.parse(json)).toEqual({ ok: true, mistakes: [], files: [out], removed: [] });
});

test("mistakes are told as `check` tells them, and nothing is written", async () => {
  const broken = join(folder, "broken.yaml");
  writeFileSync(broken, "rollcall: 1\nnamespace: /\nrelays: { Bad: { rooms: [x], payload: {} } }");
  const out = join(folder, "never.ts");
  const { code, stdout } = await runCommand("contracts", "types", "--out", out, broken);
  const { stdout: checked } = await runCommand("contracts", "check", broken);
  expect(code).toBe(1);
  expect(stdout).toBe(checked);
  expect(stdout).toContain(`${broken}:3:11 /relays/Bad`);
  expect(() => readFileSync(out)).toThrow("ENOENT");
  const { stdout: json } = await runCommand("contracts", "types", "--json", "--out", out, broken);
  expect(JSON.parse(json)).toMatchObject({ ok: false, mistakes: [{ pointer: "/relays/Bad" }], files: [] });
});

test("a path that is not there, and a name that is no TypeScript, are mistakes of the command line", async () => {
  expect((await runCommand("contracts", "types", join(folder, "nowhere"))).code).toBe(2);
  for (const name of ["x.json", "x.d.ts", "x"]) {
    expect(
      (await runCommand("contracts", "types", "--out", join(folder, name), join(root, SETS.board))).code,
      name,
    ).toBe(2);
  }
  writeFileSync(join(folder, "file"), "");
  const { code, stderr } = await runCommand(
    "contracts",
    "types",
    "--out",
    join(folder, "file/x.ts"),
    join(root, SETS.board),
  );
  expect([code, stderr]).toEqual([1, expect.stringContaining("cannot be written")]);
});
