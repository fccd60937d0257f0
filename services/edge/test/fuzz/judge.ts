/**
 * Judges what an edge says during a fuzz: every event it sends is declared and as declared, and what it acknowledges as
 * done was valid - by a validator that shares no code with the edge's.
 */

import { type Schema, Validator } from "@cfworker/json-schema";
import {
  type Catalogue,
  CLIENT_EVENTS,
  type Contracts,
  isServerEvent,
  loadContracts,
  validateAck,
  validateServerEvent,
} from "@rollcall/contracts";

export interface Verdict {
  /** Events heard, and acknowledged requests. */
  events: number;
  accepted: number;
  undeclared: string[];
  invalidEvents: string[];
  acceptedButInvalid: string[];
}

export const FAULTLESS = { undeclared: [], invalidEvents: [], acceptedButInvalid: [] } as const;

export async function judgeOf(contractFile: string): Promise<Judge> {
  const loaded = await loadContracts([contractFile]);
  if (!loaded.ok) throw new Error("the contract has mistakes");
  return new Judge(loaded.contracts, loaded.catalogue);
}

export class Judge {
  readonly verdict: Verdict = { events: 0, accepted: 0, undeclared: [], invalidEvents: [], acceptedButInvalid: [] };
  readonly #contracts: Contracts;
  readonly #validators = new Map<string, Validator>();

  constructor(contracts: Contracts, catalogue: Catalogue) {
    this.#contracts = contracts;
    const main = catalogue.namespaces.find(({ namespace }) => namespace === "/");
    for (const [name, { payload }] of Object.entries(CLIENT_EVENTS)) this.#add(name, payload);
    for (const { name, payload } of main?.relays ?? []) {
      this.#add(name, {
        type: "object",
        required: ["room", "data"],
        properties: { room: { type: "string" }, data: payload },
      });
    }
    for (const { name, payload } of main?.commands ?? []) this.#add(name, payload);
  }

  #add(name: string, schema: unknown): void {
    this.#validators.set(name, new Validator(JSON.parse(JSON.stringify(schema)) as Schema, "2020-12"));
  }

  /** Both sides of one connection. */
  connection(): { sent(text: string): void; heard(text: string): void } {
    const asked = new Map<string, unknown[][]>();
    return {
      sent: (text) => {
        const packet = /^42(\d{1,15})(\[[\s\S]*)$/.exec(text);
        const args = packet === null ? undefined : parsed(packet[2]!);
        if (Array.isArray(args)) asked.set(packet![1]!, [...(asked.get(packet![1]!) ?? []), args]);
      },
      heard: (text) => {
        const packet = /^4([23])(?:\/[^,]*,)?(\d*)(\[[\s\S]*)$/.exec(text);
        const args = packet === null ? undefined : parsed(packet[3]!);
        if (!Array.isArray(args)) return;
        if (packet![1] === "2") this.#event(args, text);
        else this.#ack(asked.get(packet![2]!) ?? [], args[0], text);
      },
    };
  }

  #event([name, payload]: unknown[], text: string): void {
    const { verdict } = this;
    verdict.events++;
    const declared = this.#contracts.namespaces.get("/")!;
    const contract = declared.relays.get(String(name)) ?? declared.events.get(String(name));
    const isKnown = typeof name === "string" && (isServerEvent(name) || contract !== undefined);
    if (!isKnown) verdict.undeclared.push(text.slice(0, 300));
    else if (
      contract === undefined ? !validateServerEvent(name, payload).ok : contract.validate(payload) !== undefined
    ) {
      verdict.invalidEvents.push(text.slice(0, 300));
    }
  }

  /** An ack's id may have been used more than once: one of its requests must have been valid. */
  #ack(requests: readonly unknown[][], ack: unknown, text: string): void {
    if ((ack as { ok?: unknown } | null)?.ok !== true) return;
    this.verdict.accepted++;
    const valid = requests.filter(
      ([name, payload]) =>
        payload !== undefined && this.#validators.get(String(name))?.validate(payload).valid === true,
    );
    if (valid.length === 0)
      this.verdict.acceptedButInvalid.push(`${text.slice(0, 200)} to ${JSON.stringify(requests).slice(0, 400)}`);
    const { data } = ack as { data?: unknown };
    const isAck = valid.some(
      ([name]) => !Object.hasOwn(CLIENT_EVENTS, String(name)) || validateAck(String(name), data).ok,
    );
    if (valid.length > 0 && !isAck) this.verdict.invalidEvents.push(`ack ${text.slice(0, 300)}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
