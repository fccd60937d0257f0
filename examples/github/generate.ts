/**
 * Writes `contracts/github.yaml`: one declaration per kind of webhook that belongs to a repository. A subject has no
 * wildcard, so each action is declared by its name; what their payloads share is described once, under `shared`.
 */

import { writeFileSync } from "node:fs";
import { LEFT_OUT } from "./left-out.ts";
import { families, kindOf } from "./payloads.ts";

const OUTPUT = new URL("contracts/github.yaml", import.meta.url);
/** Kinds that one person should hear of too, wherever that person is. */
const PERSONAL: readonly [kind: string, pointer: string][] = [
  ["issues.assigned", "/assignee/login"],
  ["issues.unassigned", "/assignee/login"],
  ["pull_request.assigned", "/assignee/login"],
  ["pull_request.review_requested", "/requested_reviewer/login"],
  ["member.added", "/member/login"],
];

const HEAD = `# Written by examples/github/generate.ts from the payloads of @octokit/webhooks-examples. Do not edit.
rollcall: 1
namespace: /
description: GitHub's webhooks. Who looks at a repository's page joins its room.

rooms:
  # The full name is encoded: repo:octocat~2fhello-world
  "repo:*": { description: One per repository }

shared:
  count: { type: integer, minimum: 0 }
  text: { type: string, minLength: 1 }
  account:
    type: object
    required: [login]
    properties: { login: { $ref: "#/shared/text" } }
  numbered:
    type: object
    required: [number, title, user]
    properties:
      number: { $ref: "#/shared/count" }
      title: { $ref: "#/shared/text" }
      state: { $ref: "#/shared/text" }
      user: { $ref: "#/shared/account" }

  # Every webhook of a repository.
  webhook:
    type: object
    required: [repository, sender]
    properties:
      repository:
        type: object
        required: [full_name]
        properties: { full_name: { type: string, minLength: 3, maxLength: 140 } }
      sender: { $ref: "#/shared/account" }
`;

/** What a family's payloads hold beyond `webhook`, as far as the receivers look at it. */
const FAMILIES: Record<string, string> = {
  issues: `required: [issue]
    properties: { issue: { $ref: "#/shared/numbered" } }`,
  issue_comment: `required: [issue, comment]
    properties: { issue: { $ref: "#/shared/numbered" }, comment: { type: object, required: [body, user] } }`,
  pull_request: `required: [number, pull_request]
    properties: { number: { $ref: "#/shared/count" }, pull_request: { $ref: "#/shared/numbered" } }`,
  pull_request_review: `required: [pull_request, review]
    properties:
      pull_request: { type: object, required: [number, title] }
      review: { type: object, required: [state, user] }`,
  push: `required: [ref, before, after, commits]
    properties: { ref: { $ref: "#/shared/text" }, commits: { type: array, items: { type: object, required: [id] } } }`,
  release: `required: [release]
    properties: { release: { type: object, required: [tag_name, draft, prerelease] } }`,
  create: `required: [ref, ref_type]
    properties: { ref: { $ref: "#/shared/text" }, ref_type: { enum: [branch, tag, repository] } }`,
  delete: `required: [ref, ref_type]
    properties: { ref: { $ref: "#/shared/text" }, ref_type: { enum: [branch, tag] } }`,
  fork: `required: [forkee]
    properties: { forkee: { type: object, required: [full_name] } }`,
  discussion: `required: [discussion]
    properties: { discussion: { $ref: "#/shared/numbered" } }`,
  workflow_run: `required: [workflow_run]
    properties: { workflow_run: { type: object, required: [id, status] } }`,
};

const dashed = (name: string) => name.replaceAll("_", "-");
/** Events are named by what happened: an issue was opened. */
const subjectOf = (family: string) => dashed(family === "issues" ? "issue" : family);

function declaration(kind: string, personal?: string): string {
  const [family = "", action] = kind.split(".");
  const name = `${subjectOf(family)}:${dashed(action ?? "received")}`;
  const schema = `"#/shared/${family in FAMILIES ? family : "webhook"}"`;
  const root = personal?.split("/")[1];
  const required = [action === undefined ? [] : "action", root ?? []].flat();
  const properties = [
    action === undefined ? [] : `action: { const: ${action} }`,
    root === undefined ? [] : `${root}: { $ref: "#/shared/account" }`,
  ].flat();
  const payload =
    required.length === 0
      ? `{ $ref: ${schema} }`
      : `{ $ref: ${schema}, required: [${required.join(", ")}], properties: { ${properties.join(", ")} } }`;
  return [
    `  ${name}${personal === undefined ? "" : "-you"}:`,
    `    from: events.github.${kind}`,
    `    type: com.github.${kind}${personal === undefined ? "" : ".user"}`,
    `    payload: ${payload}`,
    `    to: { ${personal === undefined ? 'room: "repo:{/repository/full_name}"' : `users: ${personal}`} }`,
  ].join("\n");
}

const sections = families
  .filter(({ name }) => !Object.hasOwn(LEFT_OUT, name))
  .map(({ name, examples }) => {
    const kinds = [...new Set(examples.map((payload) => kindOf(name, payload)))];
    const toRooms = kinds.map((kind) => declaration(kind));
    const toUsers = PERSONAL.filter(([kind]) => kinds.includes(kind)).map((personal) => declaration(...personal));
    return [`  # ${name}`, ...toRooms, ...toUsers].join("\n");
  });
const described = Object.entries(FAMILIES).map(
  ([family, schema]) => `  ${family}:\n    $ref: "#/shared/webhook"\n    ${schema}\n`,
);
writeFileSync(OUTPUT, `${HEAD}${described.join("")}\nevents:\n${sections.join("\n\n")}\n`);
