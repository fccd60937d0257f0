import { checkSources } from "@rollcall/contracts";
import { expect, test } from "vitest";
import { twinWorld } from "../../test/worlds.ts";
import { requestHandlers } from "./requests.ts";

const text = `
rollcall: 1
namespace: /
rooms:
  "doc:*": { state: { publish: true, keys: { title: { value: { type: string } } } } }
`;

test("a request that changes something has it relayed at once; one that reads, or is refused, does not", async () => {
  const loaded = checkSources([{ file: "c.yaml", text }]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const world = twinWorld();
  await world.at(Date.UTC(2026, 0, 1));
  let commits = 0;
  const handlers = requestHandlers({
    store: world.store,
    revocations: { record: async () => 1 },
    contracts: loaded.contracts,
    tellEdges: () => {},
    committed: () => void commits++,
    leaseMs: 6_000,
    lastTransition: async () => undefined,
  });
  const ask = async (name: string, body: unknown) =>
    handlers[name]!(body, { tenant: "main", traceparent: undefined, bytes: 100 });
  const patch = (value: unknown) =>
    ask("room.patch", { namespace: "/", room: "doc:1", ops: [{ op: "set", key: "title", value }] });

  await ask("presence.list", {});
  await ask("room.state", { namespace: "/", room: "doc:1" });
  await expect(patch(5)).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
  expect(commits).toBe(0);
  await patch("x");
  expect(commits).toBe(1);
  await ask("session.revoke", { user: "ann", reason: "left" });
  expect(commits).toBe(2);
});
