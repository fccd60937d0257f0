/** Finds k6, and runs programs. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Ended {
  code: number;
  output: string;
}

const folders = [...(process.env.PATH ?? "").split(delimiter), join(import.meta.dirname, "../../.rollcall/k6")];

/** undefined: it is not to be had here, and `./rollcall test load` has said why. */
export const k6: string | undefined = folders.map((folder) => join(folder, "k6")).find((file) => existsSync(file));

export function runProgram(program: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
