/**
 * Writes the users of a nats-server as an include file:
 *
 *     node deploy/nats/permissions.ts [--install rollcall] [--tenant acme] [--domain hub] [--check FILE]
 *
 * Passwords stay outside: each is a variable of the server's environment, such as `$ROLLCALL_EDGE_PASSWORD`.
 */

import { readFileSync } from "node:fs";
import { DEFAULT_INSTALL, GRAMMAR } from "@rollcall/contracts";
import { Command } from "commander";
import { type Grant, type GrantOptions, grantsOf, inboxOf, ROLES, type Role } from "./grants.ts";

/** Answers a service may still send to one request, and for how long it may send them. */
const ANSWERS = "{ max: 16, expires: 30s }";

export function passwordVariable(install: string, role: Role): string {
  return `${install}_${role}_password`.toUpperCase().replaceAll("-", "_");
}

/** The text of the include file. */
export function renderPermissions(options: GrantOptions): string {
  const grants = grantsOf(options);
  const list = (subjects: readonly string[]) => subjects.map((subject) => `          "${subject}"`).join("\n");
  const user = (role: Role, { publish, subscribe, answers }: Grant) => `    {
      # NATS_INBOX_PREFIX=${inboxOf(role)}
      user: "${role}", password: $${passwordVariable(options.install, role)}
      permissions: {
        publish: { allow: [
${list(publish)}
        ] }
        subscribe: { allow: [
${list(subscribe)}
        ] }${answers ? `\n        allow_responses: ${ANSWERS}` : ""}
      }
    }`;
  const limited = options.tenant === undefined ? "" : ` ${options.tenant}`;
  return `# Users of installation ${options.install}${limited === "" ? "" : `, those of other teams limited to tenant${limited}`}.
# Written by deploy/nats/permissions.ts: change that, not this. Include it in nats-server.conf:
#
#     include ./permissions.conf
#
authorization: {
  users: [
${ROLES.map((role) => user(role, grants[role])).join("\n")}
  ]
}
`;
}

if (import.meta.main) {
  const program = new Command("permissions")
    .description("Users and permissions of an installation, as an include file of nats-server.")
    .option("--install <name>", "prefix of the installation", DEFAULT_INSTALL)
    .option("--tenant <tenant>", "limit publisher, reader, backend and operator to one tenant")
    .option("--commands <subjects>", "commands that backends answer", "commands.>")
    .option("--domain <name>", "JetStream domain")
    .option("--check <file>", "exit 1 unless the file is what would be written")
    .parse();
  const { check, ...options } = program.opts<GrantOptions & { commands: string; check?: string }>();
  const named: [option: string, value: string | undefined, grammar: string][] = [
    ["install", options.install, GRAMMAR.install],
    ["tenant", options.tenant, GRAMMAR.tenant],
    ["commands", options.commands, "^commands(\\.([A-Za-z0-9_-]+|\\*))*(\\.>)?$"],
    ["domain", options.domain, "^[A-Za-z0-9_-]{1,64}$"],
  ];
  for (const [option, value, grammar] of named) {
    if (value !== undefined && !new RegExp(grammar).test(value)) program.error(`--${option}: not ${grammar}: ${value}`);
  }
  const text = renderPermissions(options);
  if (check === undefined) process.stdout.write(text);
  else if (readFileSync(check, "utf8") !== text)
    program.error(`${check} differs: write it again with node deploy/nats/permissions.ts > ${check}`);
}
