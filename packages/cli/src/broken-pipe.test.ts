import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

it("a command whose reader has gone ends as by SIGPIPE, and prints no stack", () => {
  const main = join(import.meta.dirname, "main.ts");
  // `true` has ended long before the program has started.
  const script = `"${process.execPath}" "${main}" --help | true; exit "\${PIPESTATUS[0]}"`;
  const { status, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 141, stderr: "" });
});
