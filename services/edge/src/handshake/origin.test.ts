import { describe, expect, it } from "vitest";
import { originRule } from "./origin.ts";

describe("origin allow-list", () => {
  const allowed = originRule(["https://app.example.com", "http://localhost:*"]);

  it.each(["https://app.example.com", "http://localhost:5173", "http://localhost"])("accepts %s", (origin) => {
    expect(allowed(origin)).toBe(true);
  });

  it.each([
    "null",
    "",
    "https://app.example.com.evil.com",
    "https://evil.com/https://app.example.com",
    "https://evilapp.example.com",
    "https://APP.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com/",
    "https://app.example.com ",
    "http://localhost:5173.evil.com",
    "http://localhost:",
    "http://localhost:123456",
    "http://localhost.evil.com",
    "__proto__",
  ])("refuses %j", (origin) => {
    expect(allowed(origin)).toBe(false);
  });

  it("refuses every origin when none is listed", () => {
    expect(originRule([])("https://app.example.com")).toBe(false);
  });
});
