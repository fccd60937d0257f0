import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEntry, encodeEntry, encodeHeartbeat, peekTargets } from "./entry.ts";
import { MAX_PACKET_BYTES, MAX_PACKET_DEPTH } from "./packet-text.ts";
import type { LogEntry } from "./seam.ts";

const ids = fc.stringMatching(/^[A-Za-z0-9_.:@|~+=-]{1,40}$/);
const target = fc.tuple(fc.constantFrom("r", "u", "w"), ids).map(([kind, id]) => `${kind}:main/${id}`);
const entries: fc.Arbitrary<LogEntry> = fc
  .record({
    tenant: fc.constantFrom("main", "acme-1"),
    namespace: fc.constantFrom("/", "/chat"),
    targets: fc.array(target, { minLength: 1, maxLength: 4 }),
    except: fc.array(target, { maxLength: 3 }),
    event: fc.constantFrom("chat:said", "room:roster"),
    payload: fc.jsonValue(),
    mid: fc.stringMatching(/^[A-Za-z0-9_-]{1,21}$/),
    traceparent: fc.constantFrom(undefined, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    volatile: fc.boolean(),
  })
  .map(({ payload, except, traceparent, volatile, ...rest }) => ({
    ...rest,
    packetJson: JSON.stringify([rest.event, payload, { id: rest.mid }]),
    ...(except.length > 0 ? { except } : {}),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(volatile ? { volatile } : {}),
  }));

const entry: LogEntry = {
  tenant: "main",
  namespace: "/",
  targets: ["r:main/doc:1", "u:main/ann"],
  except: ["s:main/ann/0123456789abcdef"],
  event: "chat:said",
  packetJson: '["chat:said",{"text":"}},\\"opts\\":{\\"rooms\\":["},{"id":"m1"}]',
  mid: "m1",
};
const fieldsWith = (name: string, value: string) => {
  const fields = encodeEntry(entry);
  fields[fields.indexOf(name) + 1] = value;
  return fields;
};

test("what was encoded is decoded, the packet byte for byte", () => {
  fc.assert(
    fc.property(entries, (one) => {
      expect(decodeEntry(encodeEntry(one))).toEqual(one);
    }),
  );
});

test("the stock adapter's fields hold the same packet and options", () => {
  fc.assert(
    fc.property(entries, (one) => {
      const fields = encodeEntry(one);
      expect(fields.slice(0, 6)).toEqual(["uid", "rollcall", "nsp", one.namespace, "type", "3"]);
      expect(JSON.parse(fields[7]!)).toEqual({
        packet: { type: 2, nsp: one.namespace, data: JSON.parse(one.packetJson) },
        opts: { rooms: one.targets, except: one.except ?? [], flags: {} },
      });
    }),
  );
});

test("peeking needs no packet", () => {
  expect(peekTargets(encodeEntry(entry))).toEqual({ kind: "message", namespace: "/", targets: entry.targets });
  expect(peekTargets(encodeHeartbeat("e1"))).toEqual({ kind: "heartbeat", edge: "e1" });
});

describe("poison is recognised, never thrown at", () => {
  const deep = (depth: number) => `["chat:said",${"[".repeat(depth)}${"]".repeat(depth)}]`;
  const data = (packet: string) =>
    fieldsWith(
      "data",
      encodeEntry(entry)[7]!.replace(entry.packetJson, () => packet),
    );
  const cases: [string, string[]][] = [
    ["nothing", []],
    ["another entry type", fieldsWith("type", "7")],
    ["no data", ["uid", "x", "nsp", "/", "type", "3"]],
    ["data of another shape", fieldsWith("data", "{}")],
    ["data that overlaps itself", fieldsWith("data", '{"packet":{"type":2,"nsp":"/","data":}}')],
    ["a stock emitter's entry", encodeEntry(entry).slice(0, 8)],
    ["another namespace inside", fieldsWith("nsp", "/other")],
    ["other targets inside", fieldsWith("room", "r:other/doc:1")],
    ["other exceptions inside", fieldsWith("x", "s:main/bob/0123456789abcdef")],
    ["no target", fieldsWith("room", "")],
    ["another event inside", fieldsWith("ev", "chat")],
    ["a truncated packet", data('["chat:said",{"text":"')],
    ["unbalanced brackets", data('["chat:said",{}]]')],
    ["two packets", data('["chat:said"],["chat:said"]')],
    ["too deep", data(deep(MAX_PACKET_DEPTH))],
    ["too large", data(`["chat:said","${"x".repeat(MAX_PACKET_BYTES)}"]`)],
    ["a heartbeat with more in it", ["hb", "e1", "nsp", "/"]],
  ];
  test.each(cases)("%s", (_name, fields) => {
    expect(decodeEntry(fields)).toBeUndefined();
  });

  test("any fields whatever", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom("nsp", "type", "3", "data", "room", "x", "/", "r:main/a"));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 24, size: "max" }), (fields) => {
        decodeEntry(fields);
        peekTargets(fields);
      }),
    );
  });

  test("the deepest allowed passes", () => {
    expect(decodeEntry(data(deep(MAX_PACKET_DEPTH - 1)))).toBeDefined();
  });
});

describe("what would be poison cannot be written", () => {
  const large = `["chat:said","${"é".repeat(MAX_PACKET_BYTES / 2)}"]`;
  test.each([
    ["too large in bytes", { packetJson: large }, "PAYLOAD_TOO_LARGE"],
    ["a target with a space", { targets: ["r:main/a b"] }, "INTERNAL"],
    ["a target with a quote", { targets: ['r:main/a"'] }, "INTERNAL"],
    ["no targets", { targets: [] }, "INTERNAL"],
    ["an event that is not the packet's", { event: "chat:other" }, "INTERNAL"],
    ["half a packet", { packetJson: '["chat:said"' }, "INTERNAL"],
  ])("%s", (_name, change, code) => {
    expect(() => encodeEntry({ ...entry, ...change })).toThrow(expect.objectContaining({ code }));
  });
});
