/**
 * HTTP out of the cluster. What a channel calls is named by operators, but names resolve to what others decide and
 * redirects lead where others want: so every address is judged when it is connected to, not when it is configured.
 */

import { lookup as resolve } from "node:dns";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import type { Clock } from "@rollcall/runtime";

export class EgressRefused extends Error {
  constructor(what: string) {
    super(what);
    this.name = "EgressRefused";
  }
}

export interface PostOptions {
  headers: Record<string, string>;
  body: string | Buffer;
  /** Private, loopback, link-local and reserved addresses too. */
  allowPrivate: boolean;
  /** For all of it, redirects included. */
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  /** `retry-after` in seconds, when it says so. */
  retryAfterS?: number;
}

const MAX_REDIRECTS = 3;
/** Of an answer nothing is needed; a little is read so that the connection ends well. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Redirects that keep method and body are followed, each judged anew. Rejects with {@link EgressRefused} for good. */
export async function post(target: string, options: PostOptions): Promise<Answer> {
  const timeout = new AbortController();
  const timer = options.clock.setTimer(options.timeoutMs, () => timeout.abort(new Error("no answer in time")));
  try {
    return await follow(target, { ...options, signal: AbortSignal.any([options.signal, timeout.signal]) });
  } finally {
    timer.cancel();
  }
}

async function follow(target: string, options: PostOptions): Promise<Answer> {
  let url = target;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const { status, headers } = await once(checkedUrl(url, options.allowPrivate), options);
    const location = headers.location;
    if ((status === 307 || status === 308) && location !== undefined && URL.canParse(location, url)) {
      url = new URL(location, url).href;
      continue;
    }
    const retryAfterS = Number(headers["retry-after"]);
    return { status, ...(Number.isFinite(retryAfterS) && retryAfterS > 0 ? { retryAfterS } : {}) };
  }
  throw new EgressRefused("too many redirects");
}

function checkedUrl(text: string, allowPrivate: boolean): URL {
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new EgressRefused("only http and https");
  if (url.username !== "" || url.password !== "") throw new EgressRefused("no credentials in URLs");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // A literal address is never looked up.
  if (isIP(host) !== 0 && !allowPrivate && isPrivate(host)) throw new EgressRefused("a private address");
  return url;
}

function once(url: URL, options: PostOptions): Promise<Pick<IncomingMessage, "headers"> & { status: number }> {
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((fulfil, reject) => {
    const request: ClientRequest = send(url, {
      method: "POST",
      headers: { ...options.headers, "content-length": String(Buffer.byteLength(options.body)) },
      lookup: judgedLookup(options.allowPrivate),
      // No pool: what was connected to is what was judged now.
      agent: false,
      signal: options.signal,
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) request.destroy();
      });
      response.on("error", () => {}); // what matters of the answer is here already
      fulfil({ status: response.statusCode ?? 0, headers: response.headers });
    });
    request.end(options.body);
  });
}

/** Resolves as usual and refuses when any of the addresses is private: the connection goes to a judged one. */
function judgedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [], 0);
      if (!allowPrivate && addresses.some(({ address }) => isPrivate(address))) {
        return callback(new EgressRefused("the name leads to a private address"), [], 0);
      }
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      if (first === undefined) return callback(new Error("the name has no address"), [], 0);
      callback(null, first.address, first.family);
    });
  };
}

const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  PRIVATE.addSubnet(net, prefix, "ipv4");
}
for (const [net, prefix] of [
  ["::", 128],
  ["::1", 128],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001:db8::", 32],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE.addSubnet(net, prefix, "ipv6");
}

/** Also of an IPv4 address inside an IPv6 one (mapped, NAT64, 6to4). */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  if (family === 4) return PRIVATE.check(address, "ipv4");
  const inner = innerIpv4(address);
  return inner === undefined ? PRIVATE.check(address, "ipv6") : PRIVATE.check(inner, "ipv4");
}

function innerIpv4(address: string): string | undefined {
  const groups = ipv6Groups(address);
  const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join(".");
  const isZero = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0);
  if (isZero(0, 5) && groups[5] === 0xffff) return dotted(groups[6]!, groups[7]!);
  if (groups[0] === 0x64 && groups[1] === 0xff9b && isZero(2, 6)) return dotted(groups[6]!, groups[7]!);
  if (groups[0] === 0x2002) return dotted(groups[1]!, groups[2]!);
  return undefined;
}

/** Eight numbers of a valid IPv6 address. */
function ipv6Groups(address: string): number[] {
  const plain = address.split("%", 1)[0]!.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a, b, c, d) => {
    const hex = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16);
    return `${hex(a, b)}:${hex(c, d)}`;
  });
  const [head = "", tail] = plain.split("::") as [string, string?];
  const parse = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const left = parse(head);
  if (tail === undefined) return left;
  const right = parse(tail);
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}
