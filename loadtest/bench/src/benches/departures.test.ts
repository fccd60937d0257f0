import { expect, test } from "vitest";
import { departuresIn } from "./departures.ts";

test("each contender's own words for somebody who left", () => {
  const roster = '42["room:roster",{"room":"r","left":["ada","bob"],"count":0},{"id":"1"}]';
  expect(departuresIn("rollcall", Buffer.from(roster))).toEqual(["ada", "bob"]);
  expect(departuresIn("rollcall", Buffer.from('42["room:roster",{"room":"r","joined":[]},{}]'))).toEqual([]);
  expect(departuresIn("stock", Buffer.from('42["room:left",{"room":"r","user":"ada"}]'))).toEqual(["ada"]);
  expect(departuresIn("stock", Buffer.from('42["room:joined",{"room":"r","user":"ada"}]'))).toEqual([]);
  const leave = '{"push":{"channel":"r","leave":{"info":{"user":"ada","client":"c"}}}}';
  expect(departuresIn("centrifuge", Buffer.from(leave))).toEqual(["ada"]);
  expect(departuresIn("centrifuge", Buffer.from(leave.replace("leave", "join")))).toEqual([]);
});
