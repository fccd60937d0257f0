import { expect, test } from "vitest";
import { undeclaredEvent } from "./undeclared-event.ts";

test("few events are all named, the most alike first", () => {
  expect(undeclaredEvent("isue:opened", ["star:created", "issue:closed", "issue:opened"])).toBe(
    "There are: issue:opened issue:closed star:created",
  );
});

test("of many the most alike are named, and how many more there are", () => {
  const others = Array.from({ length: 40 }, (_, n) => `other:thing-${n}`);
  const [first, second] = undeclaredEvent("order:shiped", [...others, "order:shipped", "order:ship"]).split("\n");
  expect(first).toMatch(/^Nearest: order:shipped order:ship /);
  expect(first?.split(" ")).toHaveLength(13);
  expect(second).toBe("There are 30 more: ./rollcall contracts docs --out DIR lists all in catalogue.md");
});

test("an event of two namespaces is one name; without events it says so", () => {
  expect(undeclaredEvent("a:c", ["a:b", "a:b"])).toBe("There are: a:b");
  expect(undeclaredEvent("a:c", [])).toBe("No event is declared.");
});
