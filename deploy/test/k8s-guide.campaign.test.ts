/**
 * The commands of the guides for installing and upgrading, one after the other, at a real API server.
 * `KUBECONFIG=... ./rollcall test campaign k8s`.
 */

import { deepEqual } from "node:assert/strict";
import { tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, test } from "vitest";
import { ELSEWHERE, elsewhere, makeCheckout, runStep, stepsOf } from "./guide.ts";
import { addCrds, connect, kubectl, list } from "./kubernetes.ts";

const folder = tempFolder("guide");
const steps = [...stepsOf("install"), ...stepsOf("upgrade")];
const undo: (() => unknown)[] = [];
beforeAll(() => {
  connect();
  undo.push(addCrds(), () => kubectl(["delete", "namespace", "live", "--ignore-not-found"]));
  makeCheckout(folder);
});
afterAll(() => {
  for (const step of undo.reverse()) step();
});

test("what is not run here is what cannot be", () => {
  const left = steps.flatMap(({ commands }) => elsewhere(commands));
  deepEqual(new Set(left), new Set(Object.keys(ELSEWHERE)));
});

test.each(steps.filter(({ commands }) => elsewhere(commands).length === 0))("$commands", (step) =>
  runStep(step, folder),
);

test("in the end the release of the guide is there, and ready", () => {
  const ready = list("live", "deployments").map(({ spec, status }) => [
    Number(spec.replicas),
    Number(status?.readyReplicas),
  ]);
  deepEqual(ready.toSorted(), [
    [2, 2],
    [2, 2],
    [3, 3],
  ]);
});
