import { describe, expect, it } from "vitest";
import { decode, encodeConnect, encodeDisconnect, encodeEvent } from "./packet.ts";

describe("what is sent", () => {
  it.each([
    [encodeConnect("/", { token: "t" }), '40{"token":"t"}'],
    [encodeConnect("/support", {}), "40/support,{}"],
    [encodeDisconnect("/"), "41"],
    [encodeDisconnect("/support"), "41/support,"],
    [encodeEvent("/", "a:b", [1, null]), '42["a:b",1,null]'],
    [encodeEvent("/support", "a:b", [], 12), '42/support,12["a:b"]'],
  ])("%s is as Socket.IO writes it", (frame, expected) => expect(frame).toBe(expected));
});

describe("what is received", () => {
  it.each([
    [
      '0{"sid":"x","upgrades":[],"pingInterval":6000,"pingTimeout":5000}',
      { type: "open", pingIntervalMs: 6000, pingTimeoutMs: 5000 },
    ],
    ["1", { type: "close" }],
    ["2", { type: "ping" }],
    ["6", { type: "noop" }],
    ['40{"sid":"s"}', { type: "connected", namespace: "/", id: "s" }],
    ['40/support,{"sid":"s"}', { type: "connected", namespace: "/support", id: "s" }],
    ["41", { type: "disconnect", namespace: "/" }],
    ["41/support,", { type: "disconnect", namespace: "/support" }],
    ["41/support", { type: "disconnect", namespace: "/support" }],
    ['42["a:b",{"c":"1,2"},3]', { type: "event", namespace: "/", name: "a:b", args: [{ c: "1,2" }, 3] }],
    ['42/n,7["a:b"]', { type: "event", namespace: "/n", id: 7, name: "a:b", args: [] }],
    ['4312[{"ok":true}]', { type: "ack", namespace: "/", id: 12, args: [{ ok: true }] }],
    ["43/n,0[]", { type: "ack", namespace: "/n", id: 0, args: [] }],
    [
      '44{"message":"FORBIDDEN","data":{"code":"FORBIDDEN"}}',
      { type: "refused", namespace: "/", message: "FORBIDDEN", data: { code: "FORBIDDEN" } },
    ],
    ['44/n,{"message":"Invalid namespace"}', { type: "refused", namespace: "/n", message: "Invalid namespace" }],
  ])("%s", (frame, packet) => expect(decode(frame)).toEqual(packet));

  it.each(["", "9", "0", "0{}", "4", "49", "40", "42", "42{}", "42[1]", "42[", "43[]", "431{}", "44{}", '451-["x"]'])(
    "%j is malformed",
    (frame) => expect(decode(frame)).toMatchObject({ type: "malformed" }),
  );

  it("what was sent is read alike", () => {
    const args = [{ text: 'a"b,/c' }, null, [1]];
    for (const namespace of ["/", "/support"])
      for (const id of [undefined, 0, 41])
        expect(decode(encodeEvent(namespace, "chat:said", args, id))).toEqual({
          type: "event",
          namespace,
          name: "chat:said",
          args,
          ...(id === undefined ? {} : { id }),
        });
  });
});
