/** Relays and commands. */

import { AT, command, type Row, relay, text } from "./written.ts";

export const MESSAGE_ROWS: readonly Row[] = [
  ["a relay that comes", {}, relay({}), [`compatible relay-added ${AT.relay}`]],
  ["a relay that goes", relay({}), {}, [`clients relay-removed ${AT.relay}`]],
  [
    "a relay that becomes a command",
    relay({}),
    { commands: { "chat:said": { payload: text, reply: text, subject: "commands.chat" } } },
    [`clients relay-removed ${AT.relay}`, "compatible command-added /commands/chat:said"],
  ],
  ["more rooms", relay({}), relay({ rooms: ["doc:*", "x"] }), [`compatible relay-rooms-added ${AT.relay}/rooms`]],
  [
    "fewer rooms",
    relay({ rooms: ["doc:*", "x"] }),
    relay({ rooms: ["x"] }),
    [`clients relay-rooms-removed ${AT.relay}/rooms`],
  ],
  ["rooms of a wider pattern", relay({}), relay({ rooms: ["d*"] }), [`compatible relay-rooms-added ${AT.relay}/rooms`]],
  [
    "rooms of a narrower pattern",
    relay({}),
    relay({ rooms: ["doc:a*"] }),
    [`clients relay-rooms-removed ${AT.relay}/rooms`],
  ],
  ["the same rooms by more patterns", relay({}), relay({ rooms: ["doc:a*", "doc:*"] }), []],
  ["another operation", relay({}), relay({ op: "comment" }), [`clients operation-changed ${AT.relay}/op`]],
  ["the default operation, spelled out", relay({}), relay({ op: "publish" }), []],
  ["a lower rate", relay({ rate: "5/s" }), relay({ rate: "60/m" }), [`clients rate-lowered ${AT.relay}/rate`]],
  ["a first rate", relay({}), relay({ rate: "5/s" }), [`clients rate-lowered ${AT.relay}/rate`]],
  ["a higher rate", relay({ rate: "5/s" }), relay({ rate: "6/s" }), [`compatible rate-raised ${AT.relay}/rate`]],
  ["no own rate any more", relay({ rate: "5/s" }), relay({}), [`clients rate-removed ${AT.relay}/rate`]],
  ["the same rate in another unit", relay({ rate: "1/s" }), relay({ rate: "60/m" }), []],
  [
    "a relay that may be dropped",
    relay({}),
    relay({ volatile: true }),
    [`clients volatile-added ${AT.relay}/volatile`],
  ],
  [
    "a relay that may no longer be dropped",
    relay({ volatile: true }),
    relay({}),
    [`compatible volatile-removed ${AT.relay}/volatile`],
  ],
  [
    "a relay with a history",
    relay({}),
    relay({ history: { size: 9, ttl: "1h" } }),
    [`clients relay-echoed ${AT.relay}/history`],
  ],
  [
    "a relay without its history",
    relay({ history: { size: 9, ttl: "1h" } }),
    relay({}),
    [`clients history-removed ${AT.relay}/history`],
  ],
  [
    "a history that is shorter one way and longer the other",
    relay({ history: { size: 9, ttl: "1h" } }),
    relay({ history: { size: 8, ttl: "2h" } }),
    [`clients history-lowered ${AT.relay}/history/size`, `compatible history-raised ${AT.relay}/history/ttl`],
  ],

  ["a command that comes", {}, command({}), [`compatible command-added ${AT.command}`]],
  ["a command that goes", command({}), {}, [`clients command-removed ${AT.command}`]],
  [
    "a command that accepts more",
    command({ payload: { enum: ["a"] } }),
    command({ payload: { enum: ["a", "b"] } }),
    [`compatible command-widened ${AT.command}/payload`],
  ],
  [
    "a reply that may hold more",
    command({ reply: { enum: ["a"] } }),
    command({ reply: { enum: ["a", "b"] } }),
    [`clients value-added ${AT.command}/reply`],
  ],
  [
    "a reply that may hold less",
    command({ reply: { enum: ["a", "b"] } }),
    command({ reply: { enum: ["a"] } }),
    [`publishers value-removed ${AT.command}/reply`],
  ],
  [
    "another subject",
    command({}),
    command({ subject: "commands.ticket.answer" }),
    [`publishers subject-changed ${AT.command}/subject`],
  ],
  [
    "less time to answer than by default",
    command({}),
    command({ timeout: "2s" }),
    [`publishers timeout-lowered ${AT.command}/timeout`],
  ],
  ["more time to answer", command({ timeout: "2s" }), command({}), [`compatible timeout-raised ${AT.command}/timeout`]],
  ["a command's rate", command({ rate: "2/s" }), command({ rate: "1/s" }), [`clients rate-lowered ${AT.command}/rate`]],
];
