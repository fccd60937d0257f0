import { afterEach, expect, test } from "vitest";
import { type Door, openDoor, type Publication } from "./door.ts";

let door: Door;
afterEach(() => door.close().catch(() => {})); // one test closes its own

async function open() {
  const published: Publication[][] = [];
  const signals: [number, string][] = [];
  const closed: string[] = [];
  door = await openDoor(
    {
      publish: async (publications) => {
        if (publications.some(({ event }) => event === "un:known")) throw new Error("no contract declares it");
        published.push([...publications]);
      },
      edges: () => [{ name: "edge-1", url: "http://127.0.0.1:1", ready: true, pid: 7 }],
      signal: (pid, signal) => void signals.push([pid, signal]),
      openReader: async ({ rooms }) => ({
        readOn: async () => ({ told: "resync", versions: Object.fromEntries(rooms.map((room) => [room, 3])) }),
        close: () => void closed.push(...rooms),
      }),
    },
    "secret",
  );
  const ask = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${door.url}${path}`, init);
    return [response.status, await response.json()];
  };
  return { ask, published, signals, closed };
}

test("publishes what it is given", async () => {
  const { ask, published } = await open();
  const batch = [
    { event: "a:b", data: { c: 1 } },
    { event: "a:b", data: 2, id: "x" },
  ];
  expect(await ask("POST", "/publish", batch)).toEqual([200, { published: 2 }]);
  expect(published).toEqual([batch]);
});

test("says what is wrong with a batch, and what failed", async () => {
  const { ask } = await open();
  expect((await ask("POST", "/publish", { event: "a:b" }))[0]).toBe(400);
  expect((await ask("POST", "/publish", [{ data: 1 }]))[0]).toBe(400);
  expect(await ask("POST", "/publish", [{ event: "un:known", data: 1 }])).toEqual([
    502,
    { message: "no contract declares it" },
  ]);
});

test("lists edges and signals one by its name", async () => {
  const { ask, signals } = await open();
  expect((await ask("GET", "/edges"))[1]).toMatchObject([{ name: "edge-1" }]);
  expect(await ask("POST", "/edges/edge-1/kill")).toEqual([200, { pid: 7 }]);
  expect(await ask("POST", "/edges/edge-1/stop")).toEqual([200, { pid: 7 }]);
  expect((await ask("POST", "/edges/edge-9/kill"))[0]).toBe(404);
  expect(signals).toEqual([
    [7, "SIGKILL"],
    [7, "SIGTERM"],
  ]);
});

test("is there for nobody who does not know the path", async () => {
  await open();
  expect((await fetch(new URL("/edges", door.url))).status).toBe(404);
});

test("keeps readers that do not read, until each is told to read on", async () => {
  const { ask, closed } = await open();
  const target = (room: string) => ({ url: "http://127.0.0.1:1", token: "t", rooms: [room] });
  expect(await ask("POST", "/readers", target("a:1"))).toEqual([200, { id: "1" }]);
  expect(await ask("POST", "/readers", target("a:2"))).toEqual([200, { id: "2" }]);
  expect((await ask("POST", "/readers", { url: "nowhere", token: "t", rooms: [] }))[0]).toBe(400);
  expect(await ask("POST", "/readers/1/read-on")).toEqual([200, { told: "resync", versions: { "a:1": 3 } }]);
  expect((await ask("POST", "/readers/1/read-on"))[0]).toBe(404);
  expect(closed).toEqual(["a:1"]);
  await door.close();
  expect(closed).toEqual(["a:1", "a:2"]);
});
