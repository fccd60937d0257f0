/** Is a component ready? One short question, asked without any client library, that never rejects. */

import { get } from "node:http";
import { connect } from "node:net";

export type Probe =
  /** 200 from the URL. */
  | { kind: "http"; url: string }
  /** `+PONG`: not while it loads its data. */
  | { kind: "redis"; port: number }
  /** A NATS `INFO` that says JetStream is on. */
  | { kind: "nats"; port: number };

const TIMEOUT_MS = 1_000;
const MAX_ANSWER = 64 * 1024;

export function isReady(probe: Probe): Promise<boolean> {
  if (probe.kind === "http") return answers200(probe.url);
  if (probe.kind === "redis") return says(probe.port, "PING\r\n", /^\+PONG/);
  return says(probe.port, "", /^INFO .*"jetstream":\s*true/);
}

function answers200(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: TIMEOUT_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

/** The first line that the server says after `question`. */
function says(port: number, question: string, expected: RegExp): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let answer = "";
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setEncoding("utf8");
    socket.setTimeout(TIMEOUT_MS, () => end(false));
    socket.on("error", () => end(false));
    socket.on("close", () => resolve(false));
    socket.on("connect", () => question !== "" && socket.write(question));
    socket.on("data", (chunk: string) => {
      answer += chunk;
      if (answer.includes("\n") || answer.length > MAX_ANSWER) end(expected.test(answer));
    });
  });
}
