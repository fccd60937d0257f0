/** The Chromium of this machine, without a window. */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
/** Beside PATH; the last is where `./rollcall test` unpacks Debian's. */
const FOLDERS = [
  "/usr/bin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  join(import.meta.dirname, "../../../.rollcall/servers/bin"),
];

export async function launchChromium(): Promise<Browser> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...FOLDERS];
  const executablePath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
  if (executablePath === undefined) {
    throw new Error(
      "Chromium was not found. `./rollcall test e2e` brings it where apt-get works; else `apt-get install chromium`, or put it in PATH.",
    );
  }
  // Its sandbox does not work for root, nor in most containers; what is shown here is a page of ours.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
