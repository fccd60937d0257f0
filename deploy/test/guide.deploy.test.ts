/** The commands of the guide for installing that need no cluster; `./rollcall test campaign k8s` runs the others. */

import { ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "@rollcall/testkit";
import { test } from "vitest";
import { elsewhere, makeCheckout, needsCluster, runStep, stepsOf } from "./guide.ts";

const folder = tempFolder("guide");
makeCheckout(folder);
const here = stepsOf("install").filter(({ commands }) => elsewhere(commands).length === 0 && !needsCluster(commands));

test.each(here)("$commands", (step) => runStep(step, folder));

test("each service has a user of its own, with a password that no file shows", () => {
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  ok(/^user operator on #[0-9a-f]{64} /m.test(read("users.acl")));
  for (const user of ["edge", "presence", "notifier"]) {
    const secret = read(`secrets/${user}`).trim();
    ok(secret.length > 40 && read(`secrets/redis-${user}`).includes(secret));
    ok(new RegExp(`^user ${user} on #[0-9a-f]{64} `, "m").test(read("users.acl")));
    ok(!(read("users.acl") + read("permissions.conf")).includes(secret));
  }
});
