import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { near } from "../../../test/near.ts";
import { checkSources } from "../../compile/load.ts";
import { CLIENT_EVENTS } from "../../core/client-events.ts";
import { SERVER_EVENTS } from "../../core/server-events.ts";
import { renderAsyncApi } from "./document.ts";

function load(...names: string[]) {
  const texts = names.map((file) => ({
    file,
    text: readFileSync(new URL(`../../../test/${file}`, import.meta.url), "utf8"),
  }));
  const result = checkSources(texts);
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result;
}
const { catalogue, contracts } = load("contracts/market.yaml", "contracts/admin.yaml", "hostile/hostile.yaml");
const everything = renderAsyncApi(catalogue, { hash: "abc" });

interface Document {
  channels: Record<
    string,
    { address: string | null; servers: { $ref: string }[]; messages: object; parameters?: object }
  >;
  operations: Record<string, Operation>;
  components: { messages: Record<string, Record<string, unknown>>; schemas: Record<string, object> };
}
interface Operation {
  action: string;
  channel: { $ref: string };
  messages: { $ref: string }[];
  description?: string;
  tags?: { name: string }[];
  reply?: { channel: { $ref: string }; messages: { $ref: string }[] };
}
const document = parse(everything) as Document;

test("the official parser has nothing to say against it, but that there is a newer AsyncAPI", async () => {
  const { document: parsed, diagnostics } = await new Parser().parse(everything);
  const problems = diagnostics.filter(({ code }) => code !== "asyncapi-latest-version");
  expect(problems.map(({ code, path, message }) => `${code} ${path.join(".")} ${message}`)).toEqual([]);
  expect(parsed?.version()).toBe("3.0.0");
  const operation = parsed!.operations().get("receiveDealClose")!;
  expect(operation.isReceive()).toBe(true);
  expect(operation.security().length).toBe(1);
  expect(operation.reply()?.messages().length).toBe(2);
  expect(parsed!.operations().get("sendOrderShipped")!.messages().all()[0]?.headers()?.properties()).toHaveProperty(
    "seq",
  );
}, 60_000);

test("what clients emit is received, with the ack or the refusal as reply", () => {
  for (const event of Object.keys(CLIENT_EVENTS)) {
    const found = Object.entries(document.channels).find(([, { address }]) => address === event);
    expect(document.operations[`receive${found?.[0]}`], event).toMatchObject({ action: "receive" });
  }
  expect(document.operations.receiveOfferMade).toMatchObject({
    action: "receive",
    channel: { $ref: "#/channels/OfferMade" },
    messages: [{ $ref: "#/channels/OfferMade/messages/OfferMade.emitted" }],
    reply: {
      messages: [
        { $ref: "#/channels/OfferMade/messages/OfferMade.ack" },
        { $ref: "#/channels/OfferMade/messages/refused" },
      ],
    },
    description: "Members of a room of `stall:*` whose token allows `bid` on `room:<room>`.",
    tags: [{ name: "relay" }],
  });
  expect(document.operations.receiveDealList?.tags).toContainEqual({ name: "deprecated" });
});

test("what clients get is sent, on the namespace that declares it; core's on every one", () => {
  for (const event of Object.keys(SERVER_EVENTS)) {
    const found = Object.entries(document.channels).find(([, { address }]) => address === event);
    expect(document.operations[`send${found?.[0]}`], event).toMatchObject({ action: "send" });
    expect(found?.[1].servers).toHaveLength(2);
  }
  expect(document.channels.BackOfficeAuditDone).toMatchObject({
    address: "audit:done",
    servers: [{ $ref: "#/servers/edge.BackOffice" }],
  });
  expect(document.operations.sendDealClose).toBeUndefined();
});

test("what backends publish is received from the bus, and what they answer is asked of them", () => {
  expect(document.channels["events.tenant.orders.shipped"]).toMatchObject({
    address: "events.{tenant}.orders.shipped",
    servers: [{ $ref: "#/servers/bus" }],
    parameters: { tenant: {} },
  });
  expect(document.operations.consumeOrderShipped).toMatchObject({ action: "receive" });
  expect(document.operations.consumeMarketClosed).toBeUndefined();
  expect(document.operations.requestDealClose).toMatchObject({
    action: "send",
    channel: { $ref: "#/channels/commands.deal.close" },
    reply: { channel: { $ref: "#/channels/DealClose.answers" } },
  });
  expect(document.channels["DealClose.answers"]?.address).toBeNull();
});

test("examples, owner and deprecation come along; a relay's example has a room", () => {
  const { messages } = document.components;
  expect(messages["OfferMade.emitted"]).toMatchObject({ "x-owner": "trade-team" });
  expect(messages["OfferMade.emitted"]?.examples).toEqual([
    { payload: { room: "stall:1", data: { price: { amount: 12.5, currency: "EUR" }, kind: "fixed" } } },
  ]);
  expect(messages.DealList).toMatchObject({ "x-deprecated": { since: "2.1", use: "deal:page", remove: "3.0" } });
  expect(messages["OrderShipped.published"]).toMatchObject({ "x-enforcement": "warn" });
});

test("what no other schema can say is told in draft 07's words", () => {
  const { OrderShipped, OfferMade, StallMoved } = document.components.schemas;
  expect(OrderShipped).toMatchObject({
    properties: { at: { items: [{ type: "number" }, { type: "number" }], additionalItems: false } },
  });
  expect(OfferMade).toEqual({ $ref: "#/components/schemas/Offer" });
  expect(StallMoved).toMatchObject({ required: ["stall"], allOf: [{ $ref: expect.stringContaining("/Place") }] });
});

test("its schemas accept whatever the server accepts", () => {
  const ajv = new Ajv({ strict: false, ownProperties: true });
  (formats as unknown as { default: (ajv: Ajv) => void }).default(ajv);
  ajv.addSchema(document, "all");
  const { relays, events, commands } = catalogue.namespaces.find(({ namespace }) => namespace === "/")!;
  const declared = contracts.namespaces.get("/")!;
  let accepted = 0;
  for (const { name, examples } of [...relays, ...events, ...commands]) {
    const contract = declared.relays.get(name) ?? declared.events.get(name) ?? declared.commands.get(name);
    const key = Object.keys(document.channels).find((each) => document.channels[each]?.address === name);
    const validate = ajv.getSchema(`all#/components/schemas/${key}`)!;
    for (const value of examples.flatMap((example) => [...near(example)])) {
      if (contract?.validate(value) !== undefined) continue;
      accepted++;
      expect(validate(value), `${name} ${JSON.stringify(value)}`).toBe(true);
    }
  }
  expect(accepted).toBeGreaterThan(30);
});
