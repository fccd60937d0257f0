/** Clients of load in a child process, so that their work is not in the server's account nor in the harness's. */

import { type ChildProcess, fork } from "node:child_process";
import type { Dialect } from "./load-client.ts";
import type { Answer, ClientPlan, Order, Tally } from "./orders.ts";

export interface Target {
  dialect: Dialect;
  url: string;
  /** Of Rollcall: a client counts as connected after `session:ready`. */
  awaitReady: boolean;
}

export class Fleet implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<Fleet> {
    const fleet = new Fleet(
      fork(new URL("fleet-main.ts", import.meta.url), { execArgv: ["--max-semi-space-size=16"] }),
    );
    await fleet.#answer();
    return fleet;
  }

  /** Resolves when all are connected and in their rooms. */
  async connect(
    { dialect, url, awaitReady }: Target,
    clients: ClientPlan[],
    spreadMs?: [from: number, to: number],
  ): Promise<void> {
    const spread = spreadMs === undefined ? {} : { spreadMs };
    await this.#order({ do: "connect", dialect, url, awaitReady, clients, ...spread });
  }

  async join(rooms: string[][]): Promise<void> {
    await this.#order({ do: "join", rooms });
  }

  async drop(): Promise<void> {
    await this.#order({ do: "drop" });
  }

  async tally(options: { reset?: boolean } = {}): Promise<Tally> {
    return (await this.#order({ do: "tally", ...options })).tally as Tally;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
  }

  #order(order: Order): Promise<Answer & { done: true }> {
    const answer = this.#answer();
    this.#child.send(order);
    return answer;
  }

  #answer(): Promise<Answer & { done: true }> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null, signal: string | null) =>
        reject(new Error(`the fleet of clients ended: ${signal ?? `exit code ${code}`}`));
      this.#child.once("exit", onExit);
      this.#child.once("message", (answer: Answer) => {
        this.#child.off("exit", onExit);
        if (answer.done) resolve(answer);
        else reject(new Error(answer.message));
      });
    });
  }
}
