import { RollcallError } from "@rollcall/contracts";
import { Buckets, createLogger, ManualClock } from "@rollcall/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../clients/session.ts";
import { Allowance } from "./allowance.ts";
import { type Command, command } from "./command.ts";
import { Dispatcher } from "./dispatcher.ts";

type Answer = { ok: boolean; data?: unknown; error?: { code: string } };

describe("dispatcher", () => {
  let clock: ManualClock;
  let commands: Map<string, Command>;
  let session: Session;
  let faults: unknown[];
  let abused: number;
  let counted: string[];
  let logged: string[];
  let traceToClient: boolean;
  let allowance: Allowance;
  let dispatcher: Dispatcher;
  const violations = { perSecond: 1, burst: 3 };
  beforeEach(() => {
    clock = new ManualClock();
    commands = new Map();
    faults = [];
    abused = 0;
    counted = [];
    logged = [];
    traceToClient = true;
    session = {
      live: true,
      ref: { tenant: "main", namespace: "/", user: "ann", session: "s" },
      socket: { connected: true },
      limits: { eventsPerSecond: 100, payloadBytes: 1_000 },
      buckets: new Buckets(),
      violations: undefined,
      rooms: new Map(),
      contract: { room: () => undefined },
      inFlight: 0,
    } as unknown as Session;
    const wide = { perSecond: 1_000_000 };
    allowance = new Allowance(
      { sessionBytes: wide, sessionJoins: wide, user: wide, tenant: wide, maxInFlight: 2, ackTimeoutMs: 10_000 },
      clock,
    );
    dispatcher = new Dispatcher({
      clock,
      logger: createLogger({ service: "test", instance: "test", destination: { write: (line) => logged.push(line) } }),
      allowance,
      ackTimeoutMs: 10_000,
      get traceToClient() {
        return traceToClient;
      },
      violations,
      command: (_, event) => commands.get(event),
      fault: (_, fault) => faults.push(fault),
      abuse: () => abused++,
      count: (event, code) => counted.push(`${event} ${code}`),
    });
  });

  const define = (event: string, run: Command["run"], more: Partial<Command> = {}) =>
    commands.set(
      event,
      command<unknown>({ event, shape: (value) => ({ ok: true, value }), allowed: () => true, run, ...more }),
    );
  const ask = (...packet: unknown[]): Answer[] => {
    const answers: Answer[] = [];
    dispatcher.dispatch(session, [...packet, (answer: Answer) => answers.push(answer)]);
    return answers;
  };

  it("checks in the order of the contract: of several reasons the first answers", async () => {
    const reasons: Partial<Command> & { [key: string]: unknown } = {
      rate: { perSecond: 0.001, burst: 1 },
      shape: () => ({ ok: false, issues: [] }),
      allowed: () => false,
      room: () => "nowhere",
      memberOnly: true,
      conforms: () => [{ pointer: "", keyword: "type", message: "contract" }],
    };
    const codeOf = (command: Partial<Command>, payload: unknown = {}) => {
      define("a:b", () => "done", command);
      const [answer] = ask("a:b", payload);
      return answer?.error?.code ?? "OK";
    };
    const big = { pad: "x".repeat(1_000) };
    expect(codeOf(reasons, big)).toBe("PAYLOAD_TOO_LARGE");
    expect(codeOf(reasons)).toBe("PAYLOAD_INVALID"); // takes the one token there is
    expect(codeOf(reasons)).toBe("RATE_LIMITED");
    const { rate: _, ...rated } = reasons;
    expect(codeOf(rated)).toBe("PAYLOAD_INVALID");
    const { shape: __, ...shaped } = rated;
    expect(codeOf(shaped)).toBe("FORBIDDEN");
    const { allowed: ___, ...allowed } = shaped;
    expect(codeOf(allowed)).toBe("ROOM_UNKNOWN");
    (session as { contract: unknown }).contract = { room: () => ({}) };
    expect(codeOf({ ...allowed, roomFits: () => false })).toBe("ROOM_UNKNOWN");
    expect(codeOf(allowed)).toBe("NOT_A_MEMBER");
    session.rooms.set("nowhere", {} as never);
    expect(codeOf(allowed)).toBe("PAYLOAD_INVALID");
    const { conforms: ____, ...all } = allowed;
    expect(codeOf(all)).toBe("OK");
  });

  it("answers once: what comes after the first answer is nobody's", async () => {
    define("a:b", async ({ answer }) => {
      answer(1);
      answer(2);
      await Promise.resolve();
      throw new Error("late");
    });
    const answers = ask("a:b", {});
    await clock.advance(20_000);
    expect(answers).toEqual([{ ok: true, data: 1 }]);
    expect(counted).toEqual(["a:b OK"]);
  });

  it("answers TIMEOUT after its time, and in-flight messages are bounded until they end", async () => {
    const waiting: ((value: unknown) => void)[] = [];
    define("a:b", () => new Promise((resolve) => waiting.push(resolve)));
    const first = ask("a:b", {});
    ask("a:b", {});
    expect(ask("a:b", {})).toMatchObject([
      { error: { code: "RATE_LIMITED", retryAfterMs: 10_000, message: "too many requests: wait 10000 ms" } },
    ]);
    await clock.advance(10_000);
    expect(first).toMatchObject([{ error: { code: "TIMEOUT", retryable: true } }]);
    expect(session.inFlight).toBe(2);
    for (const resolve of waiting) resolve("late");
    await clock.advance(0);
    expect(session.inFlight).toBe(0);
    expect(first).toHaveLength(1);
    allowance.close();
    expect(clock.pending).toBe(0);
  });

  it.each<[string, unknown[]]>([
    ["nothing", []],
    ["a number as name", [5]],
    ["an object as name", [{ toString: null }]],
    ["__proto__", ["__proto__", {}]],
    ["a name of 64 KB", ["x".repeat(65_536)]],
    ["a function-like payload", ["a:b", { call: {} }, {}, {}, {}]],
  ])("survives %s", (_name, packet) => {
    define("a:b", () => {
      throw new Error("a bug");
    });
    expect(() => dispatcher.dispatch(session, packet)).not.toThrow();
    expect(faults).toHaveLength(1);
  });

  it("[X1] an ack that throws ends nothing", async () => {
    define("a:b", () => "now");
    define("c:d", async () => "later");
    const ack = () => {
      throw new Error("the socket is broken");
    };
    for (const event of ["a:b", "c:d", "no:such"])
      expect(() => dispatcher.dispatch(session, [event, {}, ack])).not.toThrow();
    await clock.advance(0);
    expect(session.inFlight).toBe(0);
  });

  it("a bug is INTERNAL and tells nothing but its trace, by which its line in the log is found", () => {
    define("a:b", () => {
      throw new TypeError("secret");
    });
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const meta = { id: "mine", traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const payload = { text: "nobody's business" };
    const [answer] = ask("a:b", payload, meta);
    expect(answer).toEqual({
      ok: false,
      error: { code: "INTERNAL", message: "an unexpected error", retryable: false, details: { trace } },
    });
    const line = JSON.parse(logged.join("")) as object;
    expect(line).toMatchObject({
      event: "inbound.failed",
      name: "a:b",
      tenant: "main",
      session: "s",
      mid: "mine",
      trace_id: trace,
    });
    expect(logged.join("")).not.toContain("business");
    // Where traces are not for clients, session and id lead to the line.
    traceToClient = false;
    expect(ask("a:b", payload, meta)[0]).not.toHaveProperty("error.details");
  });

  it("refusals beyond the budget are abuse; passing troubles are not", () => {
    define("a:b", () => {
      throw new RollcallError("UNAVAILABLE");
    });
    for (let i = 0; i < 20; i++) ask("a:b", {});
    expect(abused).toBe(0);
    for (let i = 0; i < 5; i++) ask("no:such", {});
    expect(abused).toBe(2);
  });

  it("says nothing to a session that has ended", async () => {
    define("a:b", async () => "late");
    const answers = ask("a:b", {});
    (session.socket as { connected: boolean }).connected = false;
    await clock.advance(0);
    expect(answers).toEqual([]);
    (session as { live: boolean }).live = false;
    expect(ask("a:b", {})).toEqual([]);
    expect(faults).toEqual([]);
  });
});
