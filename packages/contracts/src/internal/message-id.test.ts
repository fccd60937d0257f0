import { describe, expect, it } from "vitest";
import { messageId } from "./message-id.ts";

describe("messageId", () => {
  it("differs by tenant, source and id, however they are cut", () => {
    const ids = [
      messageId("t", "s", "i"),
      messageId("t", "si", ""),
      messageId("ts", "", "i"),
      messageId("t", 's","', "i"),
      messageId("t", "s", "I"),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(messageId("t", "s", "i")).toBe(ids[0]);
  });
});
