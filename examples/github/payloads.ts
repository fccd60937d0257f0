/** The webhook payloads that GitHub documents, as `@octokit/webhooks-examples` collects them. */

import { createRequire } from "node:module";

export interface Payload {
  action?: string;
  repository?: { full_name: string };
}

export interface Family {
  /** The webhook's event, for example `pull_request`. */
  name: string;
  examples: Payload[];
}

const load = createRequire(import.meta.url);
export const families = load("@octokit/webhooks-examples/api.github.com/index.json") as Family[];

/** `issues.opened`; of an event without actions, its name. */
export const kindOf = (family: string, { action }: Payload): string =>
  action === undefined ? family : `${family}.${action}`;
