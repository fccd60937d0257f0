import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { createLogger, systemClock } from "@rollcall/runtime";
import { tempFolder, waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { readCertificate, watchCertificate } from "../src/handshake/certificate.ts";
import { startWorld } from "./harness.ts";

const pair = (name: string) => ({
  certFile: join(import.meta.dirname, "tls", `${name}-cert.pem`),
  keyFile: join(import.meta.dirname, "tls", `${name}-key.pem`),
});

it("an edge ends TLS itself, and takes a renewed certificate without a restart and without losing a connection", async () => {
  const folder = tempFolder("tls");
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  const install = (name: string) => {
    copyFileSync(pair(name).keyFile, files.keyFile);
    copyFileSync(pair(name).certFile, files.certFile);
  };
  install("a");
  await using world = await startWorld({ presence: false, edges: 0 });
  const edge = await world.addEdge({}, { tls: readCertificate(files) });
  const logger = createLogger({ service: "test", instance: "test", level: "silent" });
  const watching = watchCertificate({ ...files, clock: systemClock, logger, everyMs: 20 }, edge.edge.setCertificate);
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port: edge.edge.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on("error", reject);
    });
  const ann = await world.user(0, "ann", { io: { rejectUnauthorized: false } as never });
  expect(await shown()).toBe("a.edge.test");
  install("b");
  await waitFor(async () => (await shown()) === "b.edge.test");
  expect(ann.socket.connected).toBe(true);
  await ann.call("room:leave", { room: "doc:1" }).catch(() => undefined);
  expect(ann.disconnects).toEqual([]);
  watching.cancel();
});
