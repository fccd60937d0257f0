/** What work costs, and so what much of it costs: a sum. All CPU is in microseconds. */

/** Who pays. */
export const PARTS = ["edges", "presence", "notifier", "redis", "nats"] as const;
export type Part = (typeof PARTS)[number];
export type Cpu = Readonly<Record<Part, number>>;

/** What is paid for. */
export const WORKS = {
  installation: "a second of an installation without edges",
  edge: "a second of an edge without connections",
  connection: "a second of a connection",
  session: "a client that connects and goes",
  join: "a join and its leave, alone in the room, with the two log entries they make",
  entry: "an entry of the log, among many",
  append: "what it costs more to write one alone",
  read: "an entry of the log read by one edge, among many",
  wake: "what it costs an edge more to read one alone",
  handout: "an entry of the log that has members at one edge, beside its deliveries",
  delivery: "an event handed to one socket",
  relay: "a client's message, until it is an entry",
  event: "a backend's event, until it is an entry",
} as const;
export type Work = keyof typeof WORKS;
export type WorkPerSecond = Readonly<Record<Work, number>>;

/** CPU by part for one piece of each work. */
export type Costs = Readonly<Record<Work, Cpu>>;

/** CPU microseconds of each part in a second with this work. A million are one core. */
export function cpuOf(work: WorkPerSecond, costs: Costs): Cpu {
  const sum = (part: Part) =>
    Object.entries(work).reduce((cpu, [name, amount]) => cpu + amount * costs[name as Work][part], 0);
  return Object.fromEntries(PARTS.map((part) => [part, sum(part)])) as Record<Part, number>;
}
