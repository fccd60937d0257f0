/** The snippets of docs/publishing.md, run as they stand against a real server. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jetstreamManager } from "@nats-io/jetstream";
import { startNats } from "@rollcall/testkit";
import { expect } from "vitest";

export const run = promisify(execFile);

const guide = readFileSync(new URL("../../../docs/publishing.md", import.meta.url), "utf8");

export function snippet(language: string): string {
  const text = new RegExp(`^\`\`\`${language} run\\n(.*?)^\`\`\``, "ms").exec(guide)?.[1];
  if (text === undefined) throw new Error(`docs/publishing.md has no ${language} snippet to run`);
  return text;
}

/** A NATS server with the stream of domain events, and a folder whose imports find this package's dependencies. */
export async function startSnippets() {
  const folder = mkdtempSync(fileURLToPath(new URL("../.snippets-", import.meta.url)));
  const server = await startNats();
  const nc = await server.connect();
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: "EVENTS", subjects: ["events.>"] });
  const env: NodeJS.ProcessEnv = { ...process.env, NATS_URL: server.url };
  return {
    folder,
    env,
    place(name: string, text: string): string {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    /** Runs it twice: the second is what a publisher does that did not see its PubAck. */
    async expectPublished(publish: () => Promise<unknown>): Promise<void> {
      await jsm.streams.delete("EVENTS");
      await jsm.streams.add({ name: "EVENTS", subjects: ["events.>"] });
      await publish();
      await publish();
      const { state } = await jsm.streams.info("EVENTS");
      expect(state.messages).toBe(1);
      const stored = await jsm.streams.getMessage("EVENTS", { last_by_subj: "events.orders.shipped" });
      expect(stored?.json()).toEqual({ order: "4711", customer: "ann" });
      const header = (name: string) => stored?.header.get(name);
      expect(["ce-specversion", "ce-id", "ce-source", "ce-type"].map(header)).toEqual([
        "1.0",
        "4711-shipped",
        "/shop/orders",
        "shop.order.shipped",
      ]);
    },
    async close() {
      rmSync(folder, { recursive: true, force: true });
      await nc.close();
      await server.close();
    },
  };
}

export type Snippets = Awaited<ReturnType<typeof startSnippets>>;
