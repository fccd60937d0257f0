import { describe, expect, it } from "vitest";
import { createPreferences, isQuiet } from "./preferences.ts";

const night = { from: "22:00", to: "07:00", tz: "Europe/Berlin" };
const at = (iso: string) => Date.parse(iso);

describe("quiet hours", () => {
  it.each([
    ["2026-01-10T20:59:00Z", false], // 21:59 in Berlin, winter
    ["2026-01-10T21:00:00Z", true],
    ["2026-01-11T05:59:00Z", true],
    ["2026-01-11T06:00:00Z", false],
    ["2026-07-10T19:59:00Z", false], // 21:59 in Berlin, summer
    ["2026-07-10T20:00:00Z", true],
  ])("over midnight and by the zone's own time: %s is quiet: %s", (iso, expected) => {
    expect(isQuiet(night, at(iso))).toBe(expected);
  });

  it("may lie within one day, and are none when they begin and end together", () => {
    const lunch = { from: "12:00", to: "13:00", tz: "UTC" };
    expect(isQuiet(lunch, at("2026-01-10T12:30:00Z"))).toBe(true);
    expect(isQuiet(lunch, at("2026-01-10T13:00:00Z"))).toBe(false);
    expect(isQuiet({ ...lunch, to: "12:00" }, at("2026-01-10T12:00:00Z"))).toBe(false);
    expect(isQuiet(undefined, 0)).toBe(false);
  });
});

describe("preferences", () => {
  const memory = () => {
    const kept = new Map<string, string>();
    return createPreferences({
      readPreference: async (tenant, user) => kept.get(`${tenant} ${user}`),
      writePreference: async (tenant, user, json) => void kept.set(`${tenant} ${user}`, json),
    });
  };

  it("mute an event for one user of one tenant", async () => {
    const preferences = memory();
    await preferences.set("main", "u", { mute: ["order:shipped"] });
    expect(await preferences.isMuted("main", "u", "order:shipped")).toBe(true);
    expect(await preferences.isMuted("main", "u", "order:paid")).toBe(false);
    expect(await preferences.isMuted("acme", "u", "order:shipped")).toBe(false);
  });

  it.each([
    [{ ...night, from: "24:00" }, "/quiet/from"],
    [{ ...night, to: "7:00" }, "/quiet/to"],
    [{ ...night, tz: "Mars/Base" }, "/quiet/tz"],
  ])("refuse hours that are none", async (quiet, pointer) => {
    await expect(memory().set("main", "u", { quiet })).rejects.toMatchObject({
      code: "PAYLOAD_INVALID",
      details: { issues: [{ pointer }] },
    });
  });
});
