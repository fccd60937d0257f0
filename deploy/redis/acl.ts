/**
 * Writes the users of an installation as a Redis ACL file, for `aclfile` or `ACL LOAD`:
 *
 *     node deploy/redis/acl.ts [--install rollcall] [--secrets DIR] [--check FILE]
 *
 * `DIR` holds a password per user in a file of its name; only their SHA-256 is written. Without it nobody can log in.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_INSTALL, isName } from "@rollcall/contracts";
import { Command } from "commander";
import { REDIS_ROLES, type RedisGrant, type RedisRole, redisGrantsOf } from "./grants.ts";

/** A line per user. `secretOf` gives a password; a user without one exists and cannot log in. */
export function renderAcl(
  install: string,
  secretOf: (role: RedisRole) => string | undefined = () => undefined,
): string {
  const grants = redisGrantsOf(install);
  const line = (role: RedisRole) => {
    const secret = secretOf(role);
    const login = secret === undefined ? "resetpass" : `#${createHash("sha256").update(secret).digest("hex")}`;
    const [first, ...others] = grants[role] as [RedisGrant, ...RedisGrant[]];
    return [`user ${role} on ${login} resetchannels`, rules(first), ...others.map((grant) => `(${rules(grant)})`)].join(
      " ",
    );
  };
  return `${["user default off", ...REDIS_ROLES.map(line)].join("\n")}\n`;
}

const rules = ({ keys, commands }: RedisGrant) =>
  [
    "-@all",
    ...keys.map((key) => `~${key}`),
    ...commands.map((name) => (name.startsWith("-") ? name : `+${name}`)),
  ].join(" ");

if (import.meta.main) {
  const program = new Command("acl")
    .description("Users of an installation as a Redis ACL file.")
    .option("--install <name>", "prefix of the installation", DEFAULT_INSTALL)
    .option("--secrets <dir>", "folder with a file per user that holds its password")
    .option("--check <file>", "exit 1 unless the file is what would be written")
    .parse();
  const { install, secrets, check } = program.opts<{ install: string; secrets?: string; check?: string }>();
  if (!isName("install", install)) program.error(`--install: ${install} is not a name`);
  const text = renderAcl(install, (role) =>
    secrets === undefined ? undefined : readFileSync(join(secrets, role), "utf8").trim(),
  );
  if (check === undefined) process.stdout.write(text);
  else if (readFileSync(check, "utf8") !== text) {
    program.error(`${check} differs: write it again with node deploy/redis/acl.ts > ${check}`);
  }
}
