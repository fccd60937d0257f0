import { readFileSync } from "node:fs";
import { subjectsOf } from "@rollcall/contracts";
import { describe, expect, it } from "vitest";
import { type GrantOptions, grantsOf, ROLES, type Role } from "./grants.ts";
import { renderPermissions } from "./permissions.ts";

const subjects = subjectsOf("rollcall");

/** As NATS matches: `*` is one token, a final `>` one or more. */
function covers(pattern: string, subject: string): boolean {
  const [have, want] = [pattern.split("."), subject.split(".")];
  for (const [i, token] of have.entries()) {
    if (token === ">") return want.length > i;
    if (want[i] === undefined || (token !== "*" && token !== want[i])) return false;
  }
  return have.length === want.length;
}

const may = (role: Role, verb: "publish" | "subscribe", subject: string, options: Partial<GrantOptions> = {}) =>
  grantsOf({ install: "rollcall", ...options })[role][verb].some((pattern) => covers(pattern, subject));

describe("who may say what", () => {
  const said: [subject: string, roles: Role[]][] = [
    ["events.main.orders.shipped", ["publisher", "notifier"]],
    ["commands.ticket.reply", ["edge"]],
    [subjects.request("main", "presence.get"), ["reader", "backend", "operator"]],
    [subjects.request("main", "room.state"), ["reader", "backend", "operator"]],
    [subjects.request("main", "room.patch"), ["backend", "operator"]],
    [subjects.request("main", "emit"), ["backend", "operator"]],
    [subjects.request("main", "session.revoke"), ["operator"]],
    [subjects.request("main", "deadletter.replay"), ["operator"]],
    [subjects.presenceDoor("c0", "lane"), ["edge"]],
    [subjects.presenceDoor("c0", "publish"), ["edge", "notifier"]],
    [subjects.notifierDoor("inbox"), ["edge"]],
    [subjects.edgeControl("edge-1"), ["presence"]],
    [subjects.presenceUser("main", "ada"), ["presence"]],
    [subjects.deadletter("payload"), ["notifier"]],
    ["$JS.API.STREAM.DELETE.EVENTS", []],
    ["$JS.API.STREAM.PURGE.ROLLCALL_PRESENCE", []],
    ["$JS.API.STREAM.MSG.DELETE.EVENTS", []],
    ["$JS.API.CONSUMER.CREATE.EVENTS.x", ["notifier"]],
  ];
  it.each(said)("%s: %j", (subject, roles) => {
    expect(ROLES.filter((role) => may(role, "publish", subject))).toEqual(ROLES.filter((role) => roles.includes(role)));
  });

  const heard: [subject: string, roles: Role[]][] = [
    ["_INBOX.anyone", []],
    ["_INBOX_edge.x", ["edge"]],
    ["events.main.orders.shipped", []],
    ["commands.ticket.reply", ["backend"]],
    [subjects.request("main", "session.revoke"), ["presence"]],
    [subjects.request("main", "emit"), ["notifier"]],
    [subjects.presenceDoor("c0", "lane"), ["presence"]],
    [subjects.edgesControl(), ["edge"]],
    [subjects.fallback("main", "order:shipped"), ["backend"]],
    [subjects.presenceUser("main", "ada"), []],
  ];
  it.each(heard)("is heard: %s: %j", (subject, roles) => {
    expect(ROLES.filter((role) => may(role, "subscribe", subject))).toEqual(
      ROLES.filter((role) => roles.includes(role)),
    );
  });

  it("[X2] one tenant's users can name no other tenant", () => {
    const acme = { tenant: "acme" };
    for (const role of ["publisher", "reader", "backend", "operator"] as const) {
      for (const pattern of grantsOf({ install: "rollcall", ...acme })[role].publish) {
        expect(pattern.startsWith("$JS.") || pattern.split(".").includes("acme"), pattern).toBe(true);
      }
    }
    expect(may("reader", "publish", subjects.request("acme", "presence.get"), acme)).toBe(true);
    expect(may("reader", "publish", subjects.request("main", "presence.get"), acme)).toBe(false);
    const consumer = (filter: string) => `$JS.API.CONSUMER.CREATE.ROLLCALL_PRESENCE.name.${filter}`;
    expect(may("reader", "publish", consumer(subjects.presenceTenant("acme")), acme)).toBe(true);
    expect(may("reader", "publish", consumer(subjects.presenceTenant("main")), acme)).toBe(false);
    expect(may("backend", "subscribe", subjects.fallback("acme", "order:shipped"), acme)).toBe(true);
    expect(may("backend", "subscribe", subjects.fallback("main", "order:shipped"), acme)).toBe(false);
    expect(may("reader", "publish", consumer(subjects.presenceAll()), acme)).toBe(false);
    expect(may("reader", "publish", "$JS.API.CONSUMER.CREATE.ROLLCALL_PRESENCE.name", acme)).toBe(false);
  });

  it("follows the install and the JetStream domain", () => {
    const blue = grantsOf({ install: "blue", domain: "hub" });
    for (const role of ROLES) expect(JSON.stringify(blue[role])).not.toMatch(/rollcall|ROLLCALL|\$JS\.API/);
  });
});

it("the committed file is what the grants say", () => {
  const file = readFileSync(new URL("permissions.conf", import.meta.url), "utf8");
  expect(file).toBe(renderPermissions({ install: "rollcall" }));
  // Only names of variables: a password in the file would be everybody's.
  expect([...file.matchAll(/password: (\S+)/g)].map(([, value]) => value)).toEqual(
    ROLES.map((role) => `$ROLLCALL_${role.toUpperCase()}_PASSWORD`),
  );
});
