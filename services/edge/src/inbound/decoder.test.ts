import { ManualClock } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import { FloodError, textParser } from "./decoder.ts";

const clock = new ManualClock();
const parser = textParser(clock, { perSecond: 10, burst: 1_000 });
const decode = (chunk: unknown) => {
  const decoder = new parser.Decoder();
  const packets: unknown[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  decoder.add(chunk);
  return packets;
};

describe("parser", () => {
  it.each<[string, object]>([
    ["0", { type: 0, nsp: "/" }],
    ['0{"token":"x"}', { type: 0, nsp: "/", data: { token: "x" } }],
    ['0/admin,{"token":"x"}', { type: 0, nsp: "/admin" }],
    ["1", { type: 1, nsp: "/" }],
    ['2["a:b",{}]', { type: 2, data: ["a:b", {}] }],
    ['2/admin,12["a:b"]', { type: 2, nsp: "/admin", id: 12 }],
    ['37["x"]', { type: 3, id: 7 }],
  ])("takes %s", (chunk, packet) => {
    expect(decode(chunk)).toMatchObject([packet]);
  });

  it.each<[string, unknown]>([
    ["binary", Buffer.from("x")],
    ["a base64 packet", { base64: true, data: "x" }],
    ["nothing", ""],
    ["CONNECT_ERROR", '4{"message":"x"}'],
    ["a binary event", '51-["x",{"_placeholder":true,"num":0}]'],
    ["attachments of 1e9", '51000000000-["x"]'],
    ["attachments of -1", '5-1-["x"]'],
    ["type 7", '7["x"]'],
    ["type z", 'z["x"]'],
    ["an ack id of 1e22", '21e22["x"]'],
    ["an ack id of 30 digits", `2${"9".repeat(30)}["x"]`],
    ["a reserved name", '2["disconnect"]'],
    ["a payload that is no list", '2{"a":1}'],
    ["broken JSON", '2["a'],
    ["a namespace without an end", `0/${"a".repeat(300)}`],
  ])("refuses %s", (_name, chunk) => {
    expect(() => decode(chunk)).toThrow();
  });

  it("[X1] a connection has a budget of packets, larger ones count for more, and it fills again", async () => {
    const decoder = new (textParser(clock, { perSecond: 10, burst: 20 }).Decoder)();
    const packet = '2["a:b",{}]';
    for (let i = 0; i < 19; i++) decoder.add(packet);
    expect(() => decoder.add(packet)).toThrow(FloodError);
    await clock.advance(1_000);
    for (let i = 0; i < 9; i++) decoder.add(packet);
    await clock.advance(2_000);
    decoder.add(`2["a:b",{"pad":"${"x".repeat(9_700)}"}]`);
    expect(() => decoder.add(packet)).toThrow(FloodError);
  });
});
