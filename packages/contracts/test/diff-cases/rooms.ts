/** Rooms, their info and their state. */

import { AT, keys, type Row, room, text } from "./written.ts";

export const ROOM_ROWS: readonly Row[] = [
  ["a room pattern that comes", {}, room({}), [`compatible room-added ${AT.room}`]],
  ["a room pattern that goes", room({}), {}, [`clients room-removed ${AT.room}`, `publishers room-removed ${AT.room}`]],
  [
    "a room pattern that leaves a wider one",
    { rooms: { "doc:*": { maxMembers: 9 } } },
    { rooms: { "doc:*": { maxMembers: 9 }, "doc:big:*": { maxMembers: 5 } } },
    ["compatible rooms-split /rooms/doc:big:*", "clients max-members-lowered /rooms/doc:big:*/maxMembers"],
  ],
  [
    "one room that leaves its pattern without info",
    { rooms: { "doc:*": { info: text } } },
    { rooms: { "doc:*": { info: text }, "doc:one": {} } },
    ["compatible rooms-split /rooms/doc:one", "clients room-info-removed /rooms/doc:one/info"],
  ],
  [
    "a room pattern that falls under a wider one",
    { rooms: { "doc:*": {}, "doc:big:*": { info: text } } },
    { rooms: { "doc:*": {} } },
    ["compatible rooms-merged /rooms/doc:big:*", "clients room-info-removed /rooms/doc:big:*/info"],
  ],
  [
    "a wider pattern that replaces a narrower one",
    { rooms: { "doc:*": {} } },
    { rooms: { "d*": {} } },
    ["compatible room-added /rooms/d*", "compatible rooms-merged /rooms/doc:*"],
  ],
  [
    "a narrower pattern that replaces a wider one",
    { rooms: { "d*": {} } },
    { rooms: { "doc:*": {} } },
    ["clients room-removed /rooms/d*", "publishers room-removed /rooms/d*", "compatible rooms-split /rooms/doc:*"],
  ],
  ["info that comes", room({}), room({ info: text }), [`compatible room-info-added ${AT.room}/info`]],
  ["info that goes", room({ info: text }), room({}), [`clients room-info-removed ${AT.room}/info`]],
  ["a first maxMembers", room({}), room({ maxMembers: 9 }), [`clients max-members-lowered ${AT.room}/maxMembers`]],
  [
    "a lower maxMembers",
    room({ maxMembers: 9 }),
    room({ maxMembers: 8 }),
    [`clients max-members-lowered ${AT.room}/maxMembers`],
  ],
  [
    "a higher maxMembers",
    room({ maxMembers: 9 }),
    room({ maxMembers: 10 }),
    [`compatible max-members-raised ${AT.room}/maxMembers`],
  ],
  ["no maxMembers", room({ maxMembers: 9 }), room({}), [`compatible max-members-raised ${AT.room}/maxMembers`]],
  ["a state key that comes", room({}), keys({ title: { value: text } }), [`compatible state-key-added ${AT.key}`]],
  [
    "a state key that goes",
    keys({ title: { value: text } }),
    keys({}),
    [`clients state-key-removed ${AT.key}`, `publishers state-key-removed ${AT.key}`],
  ],
  [
    "the whole state, which keeps its default retain",
    keys({ title: { value: text } }),
    room({}),
    [`clients state-key-removed ${AT.key}`, `publishers state-key-removed ${AT.key}`],
  ],
  [
    "a state key that leaves a wider one",
    keys({ "t*": { value: text } }),
    keys({ "t*": { value: text }, title: { value: { ...text, maxLength: 1 } } }),
    [
      `compatible keys-split ${AT.key}`,
      `clients limit-tightened ${AT.key}/value`,
      `publishers limit-tightened ${AT.key}/value`,
    ],
  ],
  [
    "a state key that falls under a wider one",
    keys({ "t*": { value: text }, title: { value: text, op: "edit" } }),
    keys({ "t*": { value: text } }),
    [`compatible keys-merged ${AT.key}`, `clients operation-changed ${AT.key}/op`],
  ],
  [
    "a state key with its own operation",
    keys({ title: { value: text } }),
    keys({ title: { value: text, op: "edit" } }),
    [`clients operation-changed ${AT.key}/op`],
  ],
  [
    "the core operation, spelled out",
    keys({ title: { value: text } }),
    keys({ title: { value: text, op: "state" } }),
    [],
  ],
  [
    "a state key that is bound to its writer",
    keys({ title: { value: text } }),
    keys({ title: { value: text, write: "owner" } }),
    [`clients key-owner-changed ${AT.key}/write`],
  ],
  [
    "a state key that outlives its writer",
    keys({ title: { value: text, write: "owner" } }),
    keys({ title: { value: text } }),
    [`clients key-owner-changed ${AT.key}/write`],
  ],
  [
    "state kept shorter than by default",
    room({}),
    keys({}, { retain: "1m" }),
    [`clients retain-lowered ${AT.room}/state/retain`],
  ],
  [
    "state kept longer than by default",
    keys({}),
    keys({}, { retain: "2h" }),
    [`compatible retain-raised ${AT.room}/state/retain`],
  ],
  ["the default, spelled out otherwise", keys({}), keys({}, { retain: "60m" }), []],
  [
    "state that is published",
    keys({}),
    keys({}, { publish: true }),
    [`compatible state-published ${AT.room}/state/publish`],
  ],
  [
    "state that is no longer published",
    keys({}, { publish: true }),
    keys({}),
    [`publishers state-unpublished ${AT.room}/state/publish`],
  ],
  [
    "descriptions of rooms and keys",
    keys({ title: { value: text } }),
    room({ description: "x", state: { keys: { title: { value: text, description: "y" } } } }),
    [`compatible docs-changed ${AT.key}`, `compatible docs-changed ${AT.room}`],
  ],
];
