/** The pure cores, each with the quick tests that stand for it; globs from the root. */

export interface Core {
  name: string;
  sources: readonly string[];
  tests: readonly string[];
}

const beside = (name: string, folder: string, files: readonly string[], tests: readonly string[] = []): Core => ({
  name,
  sources: files.map((file) => `${folder}/${file}.ts`),
  tests: [...files.map((file) => `${folder}/${file}.test.ts`), ...tests],
});

const EDGE = ["drain", "handshake/admission", "clients/rights", "sessions/agenda"];
const CLIENT = ["session", "fold", "follow", "inbox-fold", "overlay", "backoff"];

export const CORES: readonly Core[] = [
  beside("presence", "services/presence/src/core", ["*"], ["services/presence/test/store-contract.test.ts"]),
  beside("ledger", "services/notifier/src/ledger", ["ledger"]),
  beside("edge", "services/edge/src", EDGE),
  beside(
    "lane",
    "services/edge/src/sessions",
    ["lane-core", "held-rooms", "mirror"],
    ["services/edge/src/sessions/lane-bounds.test.ts"],
  ),
  beside("runtime", "packages/runtime/src", ["bucket", "log-repeats"]),
  beside("outbound", "services/edge/src/outbound", ["merge", "coalescer", "gate"]),
  beside("client", "packages/client/src", CLIENT, ["packages/client/src/{inbox,room-state,room-sync,vectors}.test.ts"]),
  beside(
    "rights",
    "packages/contracts/src",
    ["capabilities", "pattern", "pointer", "encoding"],
    ["packages/contracts/src/vectors.test.ts", "packages/contracts/src/wire.test.ts"],
  ),
  beside("validation", "packages/contracts/src/core", ["validators", "same", "keywords", "project", "json"]),
  beside("regex", "packages/contracts/src/regex", ["*"]),
];
