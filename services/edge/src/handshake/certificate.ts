/** The certificate of an edge that ends TLS itself, read again when its files change: renewals need no restart. */

import { readFileSync, statSync } from "node:fs";
import type { Clock, Logger, Timer } from "@rollcall/runtime";
import type { Tls } from "./front-door.ts";

export interface CertificateOptions {
  certFile: string;
  keyFile: string;
  clock: Clock;
  logger: Logger;
  /** Default 30 s. */
  everyMs?: number;
}

const EVERY_MS = 30_000;

/** Throws when it cannot be read at all: an edge without a certificate should not start. */
export function readCertificate({ certFile, keyFile }: Pick<CertificateOptions, "certFile" | "keyFile">): Tls {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

/** Calls back with every later pair. A pair that is half-written does not parse: the old one stays until the next look. */
export function watchCertificate(options: CertificateOptions, changed: (tls: Tls) => void): Timer {
  const { certFile, keyFile, clock, logger } = options;
  const stamp = () => [certFile, keyFile].map((file) => statSync(file).mtimeMs).join(" ");
  let known = stamp();
  return clock.setRepeating(options.everyMs ?? EVERY_MS, () => {
    try {
      const now = stamp();
      if (now === known) return;
      changed(readCertificate(options));
      known = now;
      logger.info({ event: "certificate.renewed" }, "a new certificate is in use");
    } catch (error) {
      logger.error({ event: "certificate.unreadable", error }, "the new certificate cannot be used: the old one stays");
    }
  });
}
