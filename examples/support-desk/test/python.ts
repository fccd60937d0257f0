/** Runs backend-py/main.py with the nats-py of its requirements, which is fetched once into an ignored folder. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const BACKEND = join(import.meta.dirname, "../backend-py");
const REQUIREMENTS = join(BACKEND, "requirements.txt");
const PACKAGES = join(import.meta.dirname, "../../../.rollcall/python");
const INSTALLED = join(PACKAGES, "requirements.txt");

/** Undefined: this machine has no Python. One that has it and cannot get the packages is an error. */
export function pythonBackend(): { command: string; args: string[]; env: Record<string, string> } | undefined {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const wanted = readFileSync(REQUIREMENTS, "utf8");
  if (!existsSync(INSTALLED) || readFileSync(INSTALLED, "utf8") !== wanted) {
    mkdirSync(PACKAGES, { recursive: true });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target", PACKAGES];
    execFileSync("python3", [...pip, "--require-hashes", "--requirement", REQUIREMENTS], { stdio: "pipe" });
    writeFileSync(INSTALLED, wanted);
  }
  return { command: "python3", args: [join(BACKEND, "main.py")], env: { PYTHONPATH: PACKAGES } };
}
