/** Asks a NATS what it is, and what streams of ours it has. */

import { type JetStreamManager, jetstreamManager, type StreamInfo } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { type BusFlags, useBus } from "../bus/connect.ts";
import { sourcesOf } from "../bus/sources.ts";
import type { Context } from "../context.ts";
import { type Finding, finding, judgeAccount, judgeNats, judgeStream, type StreamNeed } from "./finding.ts";

/** `sources`: the setting `EVENT_SOURCES`. */
export async function examineNats(flags: BusFlags, context: Context, sources?: string): Promise<Finding[]> {
  try {
    return await useBus(flags, context, async ({ nc, jetStream, install }) => {
      const { version = "0", jetstream = false, max_payload: maxPayload = 0 } = nc.info ?? {};
      const findings = judgeNats({ version, jetstream, maxPayload });
      if (!jetstream) return findings;
      const jsm = await jetstreamManager(nc, { ...jetStream, checkAPI: false });
      findings.push(await account(jsm));
      for (const need of needsOf(install, sources)) findings.push(judgeStream(need, await streamInfo(jsm, need.name)));
      return findings;
    });
  } catch (error) {
    return [finding.bad("nats", `cannot be asked: ${messageOf(error)}`, "start it, or correct NATS_URL and --creds")];
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function account(jsm: JetStreamManager): Promise<Finding> {
  try {
    const { storage, streams, limits } = await jsm.getAccountInfo();
    return judgeAccount({ storage, streams, maxStorage: limits.max_storage, maxStreams: limits.max_streams });
  } catch (error) {
    return finding.warn("nats", `its account cannot be asked: ${messageOf(error)}`, "look with a user that may");
  }
}

/** Undefined: there is none. A text: why it cannot be asked. */
async function streamInfo(jsm: JetStreamManager, name: string): Promise<StreamInfo | string | undefined> {
  try {
    return await jsm.streams.info(name);
  } catch (error) {
    return /stream not found/.test(messageOf(error)) ? undefined : messageOf(error);
  }
}

function needsOf(install: string, sources?: string): StreamNeed[] {
  const subjects = subjectsOf(install);
  return [
    ...sourcesOf(install, sources).map(({ stream, filter }) => ({ name: stream, subject: filter })),
    { name: subjects.presenceStream(), subject: subjects.presenceAll() },
    { name: subjects.emittedStream(), subject: subjects.emittedAll() },
    { name: subjects.deadletterStream(), subject: subjects.deadletterAll() },
    { name: subjects.marksStream(), subject: subjects.marksAll() },
  ];
}
