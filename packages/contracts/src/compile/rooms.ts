/** Room patterns and their state keys. */

import type { RoomContract, StateKeyContract } from "../contract.ts";
import { LIMITS } from "../limits.ts";
import { longestMatch } from "../pattern.ts";
import { pointerOf } from "../pointer.ts";
import type { RoomDeclaration } from "./file-schema.ts";
import { integersOf } from "./integers.ts";
import type { BuildScope } from "./scope.ts";

export const DEFAULT_RETAIN_MS = 3_600_000;

const ROOM_PATTERN = /^(?:[A-Za-z0-9_.:@~-]{1,128}|[A-Za-z0-9_.:@~-]{0,127}\*)$/;
const KEY_PATTERN = /^(?:[A-Za-z0-9_.:@~/-]{1,128}|[A-Za-z0-9_.:@~/-]{0,127}\*)$/;

export const isRoomPattern = (pattern: string): boolean => ROOM_PATTERN.test(pattern);

export function buildRoom(scope: BuildScope, pattern: string, room: RoomDeclaration): RoomContract {
  const at = pointerOf("rooms", pattern);
  if (!isRoomPattern(pattern)) scope.report(at, "is no room pattern: a room id, or its beginning and one final *");
  const state = room.state === undefined ? undefined : buildState(scope, `${at}/state`, room.state);
  return {
    pattern,
    ...(room.info === undefined ? {} : { validateInfo: scope.schema(`${at}/info`, room.info).validate }),
    ...(room.maxMembers === undefined ? {} : { maxMembers: room.maxMembers }),
    ...(state === undefined ? {} : { state }),
  };
}

function buildState(scope: BuildScope, at: string, state: NonNullable<RoomDeclaration["state"]>) {
  const keys = Object.entries(state.keys ?? {}).map(([pattern, key]): [string, StateKeyContract] => {
    const pointer = `${at}/keys${pointerOf(pattern)}`;
    if (!KEY_PATTERN.test(pattern)) scope.report(pointer, "is no key pattern: a key, or its beginning and one final *");
    const { schema, validate } = scope.schema(`${pointer}/value`, key.value);
    return [
      pattern,
      {
        pattern,
        validate,
        integers: integersOf(schema),
        writeOwner: key.write === "owner",
        ...(key.op === undefined ? {} : { op: key.op }),
      },
    ];
  });
  const retainMs =
    state.retain === undefined
      ? DEFAULT_RETAIN_MS
      : scope.duration(`${at}/retain`, state.retain, { max: LIMITS.retainMs });
  return {
    retainMs,
    publish: state.publish === true,
    key: (name: string) => longestMatch(keys, name),
  };
}
