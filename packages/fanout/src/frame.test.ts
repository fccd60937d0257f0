import { expect, test } from "vitest";
import { frameOf, packetTextOf } from "./frame.ts";

/** The frame of RFC 6455, section 5.2, read back: server frames are final, text, unmasked. */
function read(buffer: Buffer): { payload: string; rest: number } {
  expect(buffer[0]).toBe(0x81);
  const short = buffer[1]!;
  const [offset, length] =
    short < 126 ? [2, short] : short === 126 ? [4, buffer.readUInt16BE(2)] : [10, Number(buffer.readBigUInt64BE(2))];
  return { payload: buffer.toString("utf8", offset, offset + length), rest: buffer.length - offset - length };
}

test.each([0, 1, 100, 120, 121, 122, 123, 200, 65_530, 65_531, 65_532, 65_533, 130_000])(
  "payload of %i more bytes",
  (n) => {
    const packet = `["${"x".repeat(n)}"]`;
    const frame = frameOf("/", packet);
    expect(read(frame.buffer)).toEqual({ payload: `42${packet}`, rest: 0 });
    expect(packetTextOf(frame)).toBe(`2${packet}`);
  },
);

test("length counts bytes, not characters; a namespace goes in front", () => {
  const frame = frameOf("/chat", '["a:b","é😀"]');
  expect(read(frame.buffer)).toEqual({ payload: '42/chat,["a:b","é😀"]', rest: 0 });
  expect(packetTextOf(frame)).toBe('2/chat,["a:b","é😀"]');
});
