/** A plain mail over SMTP. The address is where the event's data says, else the user's id when it is one. */

import { createTransport } from "nodemailer";
import { bodyOf, type Channel, type Notice, pointed, Refused } from "../channel.ts";

export interface EmailOptions {
  /** `smtp://user:password@host:port` or `smtps://`. */
  smtp: string;
  from: string;
  /** JSON pointer to the address in the event's data. */
  to?: string;
  subject?: string;
  maxAgeMs: number;
}

const ADDRESS = /^[^\s@<>"(),;:\\]{1,64}@[^\s@<>"(),;:\\]{1,190}$/;
const TIMEOUT_MS = 10_000;
/** SMTP: permanent failures of the recipient's mailbox, as answers to its address. */
const GONE = new Set([550, 551, 553]);
/** The server says goodbye: nobody's mail is taken at the moment. */
const SHUTTING_DOWN = 421;
const TO = "RCPT TO";
/** What an answer to these says is said of this mail, not of the server. */
const OF_ONE_MAIL = new Set([TO, "DATA"]);

export function createEmail(options: EmailOptions): Channel {
  const transport = createTransport(
    {
      url: options.smtp,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      // Nothing of an event may name a file or a URL to attach.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from: options.from },
  );
  return {
    type: "email",
    maxAgeMs: options.maxAgeMs,
    async send(notice) {
      const to = addressOf(notice, options.to);
      if (to === undefined) return "gone";
      try {
        await transport.sendMail({
          to,
          // One id for every attempt: mail systems drop repeats by it.
          messageId: `<${notice.key}@rollcall>`,
          subject: options.subject ?? notice.event,
          text: `${JSON.stringify(notice.data, null, 2)}\n`,
          attachments: [{ filename: "event.json", content: bodyOf(notice), contentType: "application/json" }],
          headers: notice.traceparent === undefined ? {} : { traceparent: notice.traceparent },
        });
        return "sent";
      } catch (error) {
        const { responseCode: answer, command = "" } = error as { responseCode?: number; command?: string };
        if (answer === undefined || answer === SHUTTING_DOWN || !OF_ONE_MAIL.has(command)) throw error;
        if (command === TO && GONE.has(answer)) return "gone";
        throw new Refused(`the mail server answered ${answer}`);
      }
    },
    async close() {
      transport.close();
    },
  };
}

export function addressOf(notice: Notice, pointer: string | undefined): string | undefined {
  const found = pointer === undefined ? notice.user : pointed(notice.data, pointer);
  return typeof found === "string" && ADDRESS.test(found) ? found : undefined;
}
