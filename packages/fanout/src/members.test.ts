import fc from "fast-check";
import { expect, test } from "vitest";
import type { Lane } from "./lane.ts";
import { Member, Members } from "./members.ts";

const NAMESPACES = ["/", "/chat"];
const TARGETS = ["r:main/a", "r:main/b", "u:main/ann", "s:main/ann/1", "w:main/bob"];
const memberOf = (namespace: string) => new Member({ nsp: { name: namespace } } as never, {} as Lane);

const who = fc.integer({ min: 0, max: 5 });
const target = fc.constantFrom(...TARGETS);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("join" as const), who, target }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("leave" as const), who, target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leaveAll" as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("each" as const),
      to: fc.array(target),
      except: fc.array(target, { maxLength: 2 }),
    }),
  },
);

test("[P5] joins, leaves and walks agree with plain sets, whatever the order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const members = new Members();
      const all = Array.from({ length: 6 }, (_, i) => memberOf(NAMESPACES[i % 2]!));
      const model = all.map(() => new Set<string>());
      for (const s of steps) {
        if (s.kind === "join") {
          expect(members.join(all[s.who]!, s.target)).toBe(!model[s.who]!.has(s.target));
          model[s.who]!.add(s.target);
        } else if (s.kind === "leave") {
          expect(members.leave(all[s.who]!, s.target)).toBe(model[s.who]!.delete(s.target));
        } else if (s.kind === "leaveAll") {
          members.leaveAll(all[s.who]!);
          model[s.who]!.clear();
        } else {
          for (const namespace of NAMESPACES) {
            const got: Member[] = [];
            const count = members.each(namespace, s.to, s.except, (member) => got.push(member));
            const expected = all.filter(
              (member, i) =>
                member.namespace === namespace &&
                s.to.some((t) => model[i]!.has(t)) &&
                !s.except.some((t) => model[i]!.has(t)),
            );
            expect(count).toBe(got.length);
            expect(new Set(got)).toEqual(new Set(expected));
            expect(got.length).toBe(expected.length);
            const present = s.to.some((t) => all.some((m, i) => m.namespace === namespace && model[i]!.has(t)));
            expect(members.has(namespace, s.to)).toBe(present);
          }
        }
        all.forEach((member, i) => {
          expect(new Set(member.targets())).toEqual(model[i]);
        });
      }
      for (const member of all) members.leaveAll(member);
      expect(members.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("[X2] one name in two namespaces is two targets", () => {
  const members = new Members();
  const [main, chat] = [memberOf("/"), memberOf("/chat")];
  members.join(main!, "r:main/a");
  members.join(chat!, "r:main/a");
  expect(members.of("/", "r:main/a")).toEqual([main]);
  expect(members.of("/chat", "r:main/a")).toEqual([chat]);
});
