import { createHmac, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { ConfigError, systemClock, systemRandom } from "@rollcall/runtime";
import { type NatsServer, startNats } from "@rollcall/testkit";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import webpush from "web-push";
import type { Notice } from "../channel.ts";
import { buildChannels, type ChannelParts } from "../channels-file.ts";
import { BREAKER } from "../guarded.ts";

const notice: Notice = {
  id: "mid-1",
  key: "n-key-1",
  event: "order:shipped",
  tenant: "main",
  user: "ann@example.org",
  data: { n: 1 },
  ts: "2026-01-01T00:00:00.000Z",
};
const body = {
  id: "mid-1",
  event: "order:shipped",
  tenant: "main",
  user: "ann@example.org",
  data: { n: 1 },
  ts: notice.ts,
};
const never = new AbortController().signal;

describe("channels", () => {
  let http: Server;
  let base = "";
  let nats: NatsServer;
  let parts: ChannelParts;
  const got: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  let status = 200;
  let retryAfter: string | undefined;

  beforeAll(async () => {
    http = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        got.push({ headers: request.headers, body: Buffer.concat(chunks) });
        response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end();
      });
    });
    await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    nats = await startNats();
    const nc = await nats.connect();
    const jsm = await jetstreamManager(nc);
    parts = {
      nc,
      js: jetstream(nc),
      jsm,
      subjects: subjectsOf("rollcall"),
      install: "rollcall",
      clock: systemClock,
      random: systemRandom,
    };
  });
  beforeEach(() => {
    got.length = 0;
    status = 200;
    retryAfter = undefined;
  });
  afterAll(async () => {
    await parts.nc.close();
    await nats.close();
    await new Promise((done) => http.close(done));
  });

  const channel = (given: Record<string, unknown>) => buildChannels({ channels: { one: given } }, parts).get("one")!;

  describe("webhook", () => {
    const secrets = ["whsec_Zmlyc3Q=", "whsec_c2Vjb25k"];
    const hook = () => channel({ type: "webhook", url: base, secrets, allowPrivate: true });

    it("posts the notice, signed with each secret as Standard Webhooks says", async () => {
      expect(await hook().send({ ...notice, traceparent: "tp" }, never)).toBe("sent");
      const { headers, body: bytes } = got[0]!;
      expect(JSON.parse(bytes.toString())).toEqual(body);
      expect(headers).toMatchObject({ "webhook-id": "n-key-1", "content-type": "application/json", traceparent: "tp" });
      const timestamp = String(headers["webhook-timestamp"]);
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
      const signature = (key: string) =>
        `v1,${createHmac("sha256", key).update(`n-key-1.${timestamp}.${bytes.toString()}`).digest("base64")}`;
      expect(headers["webhook-signature"]).toBe(`${signature("first")} ${signature("second")}`);
    });

    it("is done by 2xx, gone by 410, and tried again by anything else", async () => {
      status = 410;
      expect(await hook().send(notice, never)).toBe("gone");
      for (status of [302, 400, 404, 429, 500])
        await expect(hook().send(notice, never)).rejects.toThrow(String(status));
    });

    it.each([
      [500, "a failure"],
      [429, "a failure"],
      [404, "a word about this notice only"],
    ])("takes %i for %s", async (answered, what) => {
      const one = hook();
      status = answered;
      for (let n = 0; n < BREAKER.failures; n++) await expect(one.send(notice, never)).rejects.toThrow(`${answered}`);
      expect(one.waitMs!() > 0).toBe(what === "a failure");
    });

    it("waits as long as a host asks for, within bounds", async () => {
      status = 503;
      for (const [asked, waited] of [
        [7, 7_000],
        [86_400, 60_000],
      ] as const) {
        retryAfter = String(asked);
        await expect(hook().send(notice, never)).rejects.toMatchObject({ name: "NotNow", inMs: waited });
      }
    });

    it("refuses private addresses unless it is told otherwise", async () => {
      const strict = channel({ type: "webhook", url: base, secrets });
      await expect(strict.send(notice, never)).rejects.toThrow(/private/);
      expect(got).toHaveLength(0);
    });
  });

  describe("nats", () => {
    it("publishes a CloudEvent that a stream keeps once, or that goes to whoever listens", async () => {
      const one = channel({ type: "nats" });
      await expect(one.send(notice, never)).rejects.toThrow(/no responders/i);
      const listening = parts.nc.subscribe("rollcall.fallback.v1.main.order%3Ashipped", { max: 1 });
      expect(await one.send(notice, never)).toBe("sent");
      for await (const message of listening) {
        expect(message.json()).toEqual(body);
        expect(message.headers?.get("ce-id")).toBe("n-key-1");
      }
      const jsm = await jetstreamManager(parts.nc);
      await jsm.streams.add({ name: "FALLBACK", subjects: ["rollcall.fallback.>"] });
      await one.send(notice, never);
      await one.send(notice, never);
      expect((await jsm.streams.info("FALLBACK")).state.messages).toBe(1);
    });
  });

  describe("email", () => {
    let smtp: SMTPServer;
    let url = "";
    const REFUSED: Record<string, number> = { "nobody@example.org": 550, "greylisted@example.org": 451 };
    const mails: { to: string[]; text: string }[] = [];
    beforeAll(async () => {
      smtp = new SMTPServer({
        authOptional: true,
        disabledCommands: ["STARTTLS"],
        onRcptTo: ({ address }, _session, done) =>
          done(address in REFUSED ? Object.assign(new Error("no"), { responseCode: REFUSED[address] }) : null),
        onMailFrom: ({ address }, _session, done) =>
          done(address === "spam@example.org" ? Object.assign(new Error("no"), { responseCode: 550 }) : null),
        onData(stream, session, done) {
          let text = "";
          stream.on("data", (chunk: Buffer) => {
            text += chunk.toString();
          });
          stream.on("end", () => {
            mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
            done();
          });
        },
      });
      await new Promise<void>((done) => smtp.listen(0, "127.0.0.1", done));
      url = `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise<void>((done) => smtp.close(done)));
    beforeEach(() => {
      mails.length = 0;
    });

    const mail = (more = {}) => channel({ type: "email", smtp: url, from: "Rollcall <rollcall@example.org>", ...more });

    it("goes to the user's id when it is an address, else where the event says", async () => {
      expect(await mail().send(notice, never)).toBe("sent");
      expect(mails[0]).toMatchObject({ to: ["ann@example.org"] });
      expect(mails[0]!.text).toContain("Message-ID: <n-key-1@rollcall>");
      expect(mails[0]!.text).toContain("Subject: order:shipped");
      const to = { ...notice, user: "u1", data: { customer: { mail: "bob@example.org" } } };
      await mail({ to: "/customer/mail", subject: "Shipped" }).send(to, never);
      expect(mails[1]).toMatchObject({ to: ["bob@example.org"], text: expect.stringContaining("Subject: Shipped") });
    });

    it.each([
      ["no address", { user: "u1" }],
      ["two addresses", { user: "a@x.org,b@x.org" }],
      ["a header in the address", { user: "a@x.org\r\nBcc: b@x.org" }],
      ["a mailbox that does not exist", { user: "nobody@example.org" }],
    ])("is gone with %s", async (_what, change) => {
      expect(await mail().send({ ...notice, ...change }, never)).toBe("gone");
      expect(mails).toHaveLength(0);
    });

    it.each([
      ["the server is away", false, { smtp: "smtp://127.0.0.1:1" }, {}],
      ["the server does not want our mail", false, { from: "spam@example.org" }, {}],
      ["the mailbox is busy", true, {}, { user: "greylisted@example.org" }],
    ])("is tried again when %s", async (_what, isOfThisMail, more, change) => {
      const one = mail(more);
      for (let n = 0; n < BREAKER.failures; n++)
        await expect(one.send({ ...notice, ...change }, never)).rejects.toThrow();
      expect(one.waitMs!() === 0).toBe(isOfThisMail);
    });
  });

  describe("webpush", () => {
    const { publicKey, privateKey } = webpush.generateVAPIDKeys();
    const vapid = { subject: "mailto:ops@example.org", publicKey, privateKey };
    /** A browser's half of the keys. */
    const keys = (() => {
      const { publicKey: point } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
      const { x, y } = point.export({ format: "jwk" });
      const raw = Buffer.concat([Buffer.from([4]), Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
      return { p256dh: raw.toString("base64url"), auth: Buffer.alloc(16, 1).toString("base64url") };
    })();
    const subscribed = () => ({ ...notice, data: { pushSubscription: { endpoint: `${base}/push`, keys } } });
    const push = () => channel({ type: "webpush", vapid, allowPrivate: true });

    it("sends encrypted, identified by VAPID", async () => {
      status = 201;
      expect(await push().send(subscribed(), never)).toBe("sent");
      const { headers, body: bytes } = got[0]!;
      expect(headers).toMatchObject({
        "content-encoding": "aes128gcm",
        authorization: expect.stringMatching(/^vapid t=/),
      });
      expect(bytes.toString("latin1")).not.toContain("order:shipped");
    });

    it("sends without data what is too large", async () => {
      status = 201;
      const large = subscribed();
      expect(await push().send({ ...large, data: { ...large.data, x: "y".repeat(5_000) } }, never)).toBe("sent");
      expect(got[0]!.body.length).toBeLessThan(4_096);
    });

    it("is gone without a subscription and when the service says so, and tried again otherwise", async () => {
      expect(await push().send(notice, never)).toBe("gone");
      for (status of [404, 410]) expect(await push().send(subscribed(), never)).toBe("gone");
      status = 503;
      await expect(push().send(subscribed(), never)).rejects.toThrow("503");
    });
  });
});

describe("the CHANNELS file", () => {
  const parts = {} as ChannelParts;
  it.each([
    [{}, /has no `channels`/],
    [{ channels: { one: { type: "fax" } } }, /type is one of/],
    [{ channels: { "A b": { type: "nats" } } }, /a name is/],
    [{ channels: { one: { type: "webhook", url: "ftp://x", secrets: ["whsec_YQ=="] } } }, /\/url/],
    [{ channels: { one: { type: "webhook", url: "https://x", secrets: ["YQ=="] } } }, /\/secrets\/0/],
    [{ channels: { one: { type: "webhook", url: "https://x", secrets: ["whsec_YQ=="], timeout: 5 } } }, /\/timeout/],
    [{ channels: { one: { type: "nats", color: "red" } } }, /one/],
    [{ channels: { one: { type: "nats", rate: "0/s" } } }, /\/rate/],
  ])("says what is wrong (case %#)", (content, message) => {
    expect(() => buildChannels(content, parts)).toThrow(ConfigError);
    expect(() => buildChannels(content, parts)).toThrow(message);
  });

  it("never says a secret", () => {
    const content = { channels: { one: { type: "webhook", url: "https://x", secrets: ["hunter2"] } } };
    expect(() => buildChannels(content, parts)).toThrow(/^(?!.*hunter2)/s);
  });
});
