import { readFileSync } from "node:fs";
import { loadContracts } from "@rollcall/contracts";
import { describe, expect, it } from "vitest";
import { LEFT_OUT } from "./left-out.ts";
import { families, kindOf } from "./payloads.ts";

const loaded = await loadContracts([new URL("contracts", import.meta.url).pathname]);
const events = loaded.ok ? [...loaded.contracts.namespaces.get("/")!.events.values()] : [];
const payloads = families.flatMap(({ name, examples }) =>
  examples.map((payload) => ({ kind: kindOf(name, payload), payload })),
);

describe("the contract of GitHub's webhooks", () => {
  it("has no mistake", () => {
    expect(loaded).toMatchObject({ ok: true });
  });

  it.each(families.map(({ name }) => name))("%s is declared in every kind, or left out with a reason", (family) => {
    const sources = new Set(events.map(({ from }) => from?.source));
    const kinds = payloads.filter(({ kind }) => kind.split(".")[0] === family).map(({ kind }) => kind);
    const declared = kinds.filter((kind) => sources.has(`events.github.${kind}`));
    expect(declared).toEqual(Object.hasOwn(LEFT_OUT, family) ? [] : kinds);
  });

  it("the guide names what is left out, and why", () => {
    const rows = Object.entries(LEFT_OUT).map(([family, why]) => `| \`${family}\` | ${why} |`);
    expect(readFileSync(new URL("README.md", import.meta.url), "utf8")).toContain(rows.join("\n"));
    for (const family of Object.keys(LEFT_OUT)) expect(families.map(({ name }) => name)).toContain(family);
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
