import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { firstTraceparent, formatTraceparent, isSampled, parseTraceparent, parseTracestate } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const VALID = `00-${TRACE}-${SPAN}-01`;

const hex = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(""))
    .filter((text) => !/^0+$/.test(text));

test("what is written is read again", () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), fc.boolean(), (traceId, spanId, sampled, random) => {
      const context = { traceId, spanId, sampled, ...(random ? { random } : {}) };
      const traceparent = formatTraceparent(context);
      deepEqual(parseTraceparent(traceparent), context);
      equal(isSampled(traceparent), sampled);
    }),
  );
});

test("the sampled flag is the lowest bit, whatever the other flags are", () => {
  for (let flags = 0; flags < 256; flags++) {
    const traceparent = `00-${TRACE}-${SPAN}-${flags.toString(16).padStart(2, "0")}`;
    equal(isSampled(traceparent), (flags & 1) === 1, traceparent);
    equal(parseTraceparent(traceparent)?.sampled, (flags & 1) === 1, traceparent);
  }
});

test("a later version is read as far as it is known", () => {
  equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01`)?.traceId, TRACE);
  deepEqual(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what.the-future-will-be-like`), {
    traceId: TRACE,
    spanId: SPAN,
    sampled: true,
  });
  equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01.what`), undefined);
});

test("level 2: that a trace id is random is handed on, further flags are not", () => {
  equal(formatTraceparent(parseTraceparent(`00-${TRACE}-${SPAN}-03`)!), `00-${TRACE}-${SPAN}-03`);
  equal(formatTraceparent(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)!), `00-${TRACE}-${SPAN}-02`);
});

test("the first that is one counts", () => {
  equal(firstTraceparent(undefined, "00-nonsense", VALID, `00-${TRACE}-${SPAN}-00`), VALID);
  equal(firstTraceparent(undefined, "x"), undefined);
});

describe("tracestate", () => {
  test.each([
    ["one", "congo=t61rcWkgMzE", "congo=t61rcWkgMzE"],
    ["two, with space and empty members", " rojo=1 ,, congo=2\t", "rojo=1,congo=2"],
    ["a vendor of a tenant", "0tenant@vendor=a b", "0tenant@vendor=a b"],
    ["32 members", Array.from({ length: 32 }, (_, i) => `k${i}=1`).join(","), undefined],
  ])("%s", (_name, given, expected) => equal(parseTracestate(given), expected ?? given));

  test.each<[string, unknown]>([
    ["nothing", ""],
    ["no text", 1],
    ["no value", "congo"],
    ["upper case", "Congo=1"],
    ["a key twice", "a=1,a=2"],
    ["a value with =", "a=b=c"],
    ["a newline", "a=1\r\nx-evil: 1"],
    ["not ASCII", "a=ü"],
    ["33 members", Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(",")],
    ["too long", `a=${"x".repeat(256)},b=${"x".repeat(256)}`],
  ])("%s is none", (_name, given) => equal(parseTracestate(given), undefined));
});

describe("what is not exactly a traceparent is none", () => {
  const bad: [string, unknown][] = [
    ["undefined", undefined],
    ["a number", 1],
    ["an array", [VALID]],
    ["an object that reads like one", { toString: () => VALID, length: 55 }],
    ["empty", ""],
    ["upper case", VALID.toUpperCase()],
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["no version", `${TRACE}-${SPAN}-01`],
    ["trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["short trace id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["long span id", `00-${TRACE}-${SPAN}0-01`],
    ["flags of one digit", `00-${TRACE}-${SPAN}-1`],
    ["more fields", `${VALID}-extra`],
    ["a newline after it", `${VALID}\n`],
    ["a space before it", ` ${VALID.slice(0, 54)}`],
    ["other separators", VALID.replaceAll("-", "_")],
    ["not hex", VALID.replace("4bf9", "4bg9")],
    ["64 KB", "0".repeat(65_536)],
  ];
  test.each(bad)("%s", (_name, value) => {
    equal(parseTraceparent(value), undefined);
  });
});
