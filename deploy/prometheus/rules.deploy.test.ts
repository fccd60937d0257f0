/** Alerts as Prometheus reads them: each fires where its test says so, and is silent elsewhere. */

import { match } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "vitest";

const promtool = (...args: string[]) =>
  execFileSync("promtool", args, { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

test("promtool check rules", () => match(promtool("check", "rules", "rules.yaml"), /SUCCESS: \d+ rules found/));
test("promtool test rules", () => match(promtool("test", "rules", "tests.yaml", "tests-budgets.yaml"), /SUCCESS/));
