/** k6 checks of the small client against a stock Socket.IO server: `URL` names it. Run by `socket.load.test.ts`. */

import { check } from "k6";
import type { Options } from "k6/options";
import { CallError, Socket, type SocketOptions } from "../lib/socket.ts";
import { sleep, until } from "../lib/wait.ts";

export const options: Options = { vus: 1, iterations: 1, thresholds: { checks: ["rate==1"] } };

const LONG_MS = 10_000;
const quick = { firstMs: 50, maxMs: 100, jitter: 0.5 };

interface Seen {
  socket: Socket;
  events: [string, unknown[]][];
  connects: number;
  losses: [why: string, final: boolean][];
}

function open(options: Partial<SocketOptions> = {}): Seen {
  const seen: Partial<Seen> & Omit<Seen, "socket"> = { events: [], connects: 0, losses: [] };
  seen.socket = new Socket({
    url: () => __ENV.URL as string,
    auth: () => ({ token: "good", attempt: seen.connects }),
    backoff: () => quick,
    onConnected: () => seen.connects++,
    onEvent: (name, args) => seen.events.push([name, args]),
    onDisconnected: (why, final) => seen.losses.push([why, final]),
    ...options,
  });
  seen.socket.open();
  return seen as Seen;
}

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "answered",
    (error: unknown) => (error instanceof CallError ? error.code : String(error)),
  );

export default async function socketChecks(): Promise<void> {
  const main = open();
  await until(() => main.events.length > 0, LONG_MS);
  check(main.events[0], {
    "auth arrives": (event) =>
      JSON.stringify(event?.[1][0]) === '{"auth":{"token":"good","attempt":0},"namespace":"/"}',
  });

  const values = await main.socket.call("echo:asked", [{ text: 'a"b,/c' }, null, [1, 2]]);
  check(values, { "an ack brings all values": (all) => JSON.stringify(all) === '[{"text":"a\\"b,/c"},null,[1,2]]' });

  main.socket.emit("many:wanted", 50);
  await until(() => main.events.length >= 51, LONG_MS);
  check(main.events.slice(1), {
    "events of several arguments arrive in order": (all) =>
      all.length === 50 && all.every(([name, args], i) => name === "many:given" && args.length === 3 && args[0] === i),
  });
  check(await code(main.socket.call("silence:wanted", [], 100)), {
    "a missing ack times out": (got) => got === "TIMEOUT",
  });

  await sleep(1_500);
  check(main, { "pings are answered": ({ connects, losses }) => connects === 1 && losses.length === 0 });

  const waiting = code(main.socket.call("silence:wanted", []));
  main.socket.emit("end:wanted");
  check(await waiting, { "calls end with the connection": (got) => got === "DISCONNECTED" });
  await until(() => main.connects === 2, LONG_MS);
  await until(() => main.events.length >= 52, LONG_MS);
  check(main, {
    "it comes back, with auth evaluated anew": ({ events, losses }) =>
      JSON.stringify(events[51]?.[1][0]) === '{"auth":{"token":"good","attempt":1},"namespace":"/"}' &&
      losses.length === 1 &&
      losses[0]?.[1] === false,
  });

  main.socket.drop();
  await until(() => main.connects === 3, LONG_MS);
  check(main, { "a dropped connection comes back": ({ connects }) => connects === 3 });
  main.socket.emit("farewell:wanted");
  await until(() => main.losses.length === 3, LONG_MS);
  await sleep(300);
  check(main, {
    "after a DISCONNECT it stays away": ({ connects, losses }) =>
      connects === 3 && JSON.stringify(losses[2]) === '["server disconnect",true]',
  });

  const support = open({ namespace: "/support" });
  await until(() => support.events.length > 0, LONG_MS);
  const echoed = await support.socket.call("echo:asked", [1]);
  check(echoed, { "namespaces have events and acks of their own": (all) => JSON.stringify(all) === "[1]" });
  support.socket.close();

  const refused = open({ namespace: "/support", auth: () => ({ token: "bad" }) });
  await until(() => refused.losses.length > 0, LONG_MS);
  const unknown = open({ namespace: "/nowhere" });
  await until(() => unknown.losses.length > 0, LONG_MS);
  await sleep(300);
  check([refused, unknown], {
    "refusals are final": ([one, two]) =>
      JSON.stringify([one?.losses, two?.losses]) === '[[["FORBIDDEN",true]],[["Invalid namespace",true]]]',
  });

  const nobody = open({ url: () => "http://127.0.0.1:1", reconnect: false });
  await until(() => nobody.losses.length > 0, LONG_MS);
  check(nobody, { "nobody there is a loss": ({ losses }) => losses.length === 1 && losses[0]?.[1] === true });
}
