/** What each rule is for: a chart that drops one thing breaks the rule that names it. */

import { equal, notEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "vitest";
import { arrowBreaches } from "./arrows.ts";
import { goldenPath } from "./golden.ts";
import { parseManifests } from "./manifests.ts";
import { RULES } from "./rules.ts";

const text = readFileSync(goldenPath("minimal"), "utf8");

/** What is dropped or changed, and the only rule that says so. */
const DROPPED: [what: string, from: RegExp, to: string, rule: string][] = [
  ["a startup probe", /^ *startupProbe:\n(?: {12}.*\n)+/m, "", "probes"],
  ["a liveness probe", /path: \/livez/, "path: /readyz", "probes"],
  ["a readiness probe", /^ *readinessProbe:\n(?: {12}.*\n)+/m, "", "probes"],
  ["runAsNonRoot", /runAsNonRoot: true/, "runAsNonRoot: false", "nobody"],
  ["the seccomp profile", /seccompProfile: .*/, "", "nobody"],
  ["no capabilities", /capabilities: .*/, "", "nobody"],
  ["the read-only root", /readOnlyRootFilesystem: true/, "readOnlyRootFilesystem: false", "/tmp"],
  ["the bound of /tmp", /emptyDir: \{ sizeLimit: 16Mi \}/, "emptyDir: {}", "/tmp"],
  ["a memory limit", /limits:\n *memory: .*\n/, "limits: {}\n", "memory limit"],
  ["the version of an image", /image: "(.*):0\.1\.0"/, 'image: "$1:latest"', "version"],
  ["no token of the API", /automountServiceAccountToken: false\n {6}enable/, "enable", "token"],
  ["preStop", /^ *lifecycle:\n.*\n/m, "", "time to stop"],
  ["the time to stop", /terminationGracePeriodSeconds: 35/, "terminationGracePeriodSeconds: 30", "time to stop"],
  ["a setting's name", /name: STOP_GRACE_MS/, "name: STOP_GRACE", "settings"],
  ["a volume", /^ *- \{ name: tmp, emptyDir.*\n/m, "", "volume"],
  ["a selector", /^ {4}app\.kubernetes\.io\/component: edge\n(?= {2}ports:)/m, "", "selects"],
  ["a label of the release", /^ *app\.kubernetes\.io\/part-of: rollcall\n/m, "", "labels of its release"],
  ["its account", /serviceAccountName: .*/, "serviceAccountName:", "account made for it"],
  ["replicas", /^ {2}replicas: .*\n/m, "", "scaled by one thing"],
];

test.each(DROPPED)("without %s the rule that says so is broken", (_, from, to, part) => {
  const changed = text.replace(from, to);
  notEqual(changed, text, "nothing was dropped");
  const objects = parseManifests(changed);
  const broken = Object.entries(RULES).flatMap(([name, rule]) => (rule(objects).length > 0 ? [name] : []));
  equal(broken.filter((name) => name.includes(part)).length, 1, `broken are: ${broken.join("; ")}`);
});

test("without any one of its policies the release has other arrows, or is open", () => {
  const objects = parseManifests(text);
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
  equal(policies.length > 5, true);
  for (const policy of policies) {
    const rest = objects.filter((one) => one !== policy);
    equal(arrowBreaches("minimal", rest).length > 0, true, policy.metadata.name);
  }
});
