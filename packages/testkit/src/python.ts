/** The machine's Python with the packages that a requirements file pins, fetched once into an ignored folder. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./service-process.ts";

export interface Python {
  command: string;
  env: { PYTHONPATH: string };
}

/** Whether there is one that can fetch packages; where there is none, what needs it says so and does the rest. */
export function hasPython(): boolean {
  try {
    execFileSync("python3", ["-m", "pip", "--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Throws when the packages cannot be fetched. */
export function pythonWith(requirementsFile: string): Python {
  const wanted = readFileSync(requirementsFile, "utf8");
  const folder = join(REPOSITORY, ".rollcall/python", createHash("sha256").update(wanted).digest("hex").slice(0, 12));
  const done = join(folder, "requirements.txt");
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target", folder];
    execFileSync("python3", [...pip, "--require-hashes", "--requirement", requirementsFile], { stdio: "pipe" });
    writeFileSync(done, wanted);
  }
  return { command: "python3", env: { PYTHONPATH: folder } };
}
