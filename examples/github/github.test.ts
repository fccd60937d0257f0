import { loadContracts } from "@rollcall/contracts";
import { describe, expect, it } from "vitest";
import { families, kindOf } from "./payloads.ts";

const loaded = await loadContracts([new URL("contracts", import.meta.url).pathname]);
const events = loaded.ok ? [...loaded.contracts.namespaces.get("/")!.events.values()] : [];
const payloads = families.flatMap(({ name, examples }) =>
  examples.map((payload) => ({ kind: kindOf(name, payload), payload })),
);

const PROMISED =
  "issues issue_comment pull_request pull_request_review push release star create delete fork watch discussion";

describe("the contract of GitHub's webhooks", () => {
  it("has no mistake", () => {
    expect(loaded).toMatchObject({ ok: true });
  });

  it.each(PROMISED.split(" "))("declares every kind of %s there is an example of", (family) => {
    const sources = new Set(events.map(({ from }) => from?.source));
    const kinds = payloads.filter(({ kind }) => kind.split(".")[0] === family).map(({ kind }) => kind);
    expect(kinds).not.toEqual([]);
    for (const kind of kinds) expect(sources).toContain(`events.github.${kind}`);
  });

  it.each(events.map((event) => [event.name, event] as const))("%s takes every example of it", (_name, event) => {
    if (!loaded.ok) throw new Error("the contract has mistakes");
    const examples = payloads.filter(({ kind }) => `events.github.${kind}` === event.from?.source);
    expect(examples).not.toEqual([]);
    for (const { kind, payload } of examples) {
      expect(loaded.contracts.route(`events.github.${kind}`, event.type)).toMatchObject({
        event: { name: event.name },
      });
      expect(event.validate(payload)).toBeUndefined();
      const audience = event.audience?.of(payload);
      expect(audience).toMatchObject({ ok: true });
      if (audience?.ok === true && audience.to === "room") {
        expect(loaded.contracts.namespaces.get("/")?.room(audience.room)?.pattern).toBe("repo:*");
      }
    }
  });

  it("refuses a payload of another action", () => {
    const opened = events.find(({ name }) => name === "issue:opened")!;
    const edited = payloads.find(({ kind }) => kind === "issues.edited")!;
    expect(opened.validate(edited.payload)).not.toBeUndefined();
  });
});
