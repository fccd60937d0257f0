import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { describe, test } from "vitest";
import { seededRandom, systemRandom } from "./random.ts";

describe.each([
  ["system", systemRandom],
  ["seeded", seededRandom("a seed")],
])("%s random", (_name, random) => {
  test("ids have the asked length and alphabet and do not repeat", () => {
    match(random.id(), /^[A-Za-z0-9_-]{21}$/);
    equal(random.id(64).length, 64);
    equal(new Set(Array.from({ length: 10_000 }, () => random.id())).size, 10_000);
  });

  test("every character and every integer of a range comes up", () => {
    equal(new Set(random.id(8_192)).size, 64);
    deepEqual([...new Set(Array.from({ length: 500 }, () => random.int(5)))].toSorted(), [0, 1, 2, 3, 4]);
    equal(random.int(1), 0);
  });

  test("bytes are the caller's own, of any length", () => {
    const first = random.bytes(16);
    const copy = Uint8Array.from(first);
    for (let i = 0; i < 1_000; i++) random.bytes(16);
    deepEqual(first, copy);
    equal(random.bytes(100_000).length, 100_000);
    equal(random.bytes(0).length, 0);
  });

  test("floats lie in [0, 1) and their mean near the middle", () => {
    const floats = Array.from({ length: 20_000 }, () => random.float());
    ok(floats.every((value) => value >= 0 && value < 1));
    const mean = floats.reduce((sum, value) => sum + value, 0) / floats.length;
    ok(Math.abs(mean - 0.5) < 0.02);
  });
});

test("one seed gives one sequence, other seeds others", () => {
  equal(seededRandom(7).id(), seededRandom(7).id());
  equal(seededRandom(7).float(), seededRandom("7").float());
  notEqual(seededRandom(7).id(), seededRandom(8).id());
  const near = new Set(Array.from({ length: 1_000 }, (_, seed) => seededRandom(seed).id()));
  equal(near.size, 1_000);
});
