import fc from "fast-check";
import { expect, test } from "vitest";
import { frameOf } from "./frame.ts";
import { type Sequence, Sequences } from "./sequence.ts";

test("[W1] any interleaving of frames over connections keeps each connection's own order", () => {
  const message = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30, size: "max" }), (messages) => {
      const sequences = new Sequences();
      const pending = new Map<number, Sequence>();
      const expected = new Map<number, Buffer[]>();
      messages.forEach((recipients, i) => {
        const frame = frameOf("/", `["a:b",${i}]`);
        for (const to of new Set(recipients)) {
          pending.set(to, sequences.after(pending.get(to), frame));
          expected.set(to, [...(expected.get(to) ?? []), frame.buffer]);
        }
      });
      for (const [to, sequence] of pending) {
        const frames = expected.get(to)!;
        expect(sequence.frames().map((frame) => frame.buffer)).toEqual(frames);
        expect(sequence.length).toBe(frames.length);
        expect(sequence.joined().equals(Buffer.concat(frames))).toBe(true);
        expect(sequence.bytes).toBe(sequence.joined().length);
      }
    }),
  );
});

test("equal sequences are one node and one buffer", () => {
  const sequences = new Sequences();
  const [one, two] = [frameOf("/", '["a:b",1]'), frameOf("/", '["a:b",2]')];
  const first = [1, 2, 3].map(() => sequences.after(undefined, one));
  const second = first.map((at) => sequences.after(at, two));
  expect(new Set(second).size).toBe(1);
  expect(second[0]!.joined()).toBe(second[2]!.joined());
});

test("a single frame is written as it is", () => {
  const frame = frameOf("/", '["a:b"]');
  expect(new Sequences().after(undefined, frame).joined()).toBe(frame.buffer);
});
