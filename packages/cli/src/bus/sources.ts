/** The streams that domain events come from, as the notifiers read `EVENT_SOURCES`. */

import { subjectsOf } from "@rollcall/contracts";

export interface EventSource {
  stream: string;
  /** Undefined: the whole stream. */
  filter: string | undefined;
  /** The notifiers' consumer of it. */
  durable: string;
}

const DEFAULT = { stream: "EVENTS", filter: "events.>" };

/** What is no source is the settings' mistake, and told with them. */
export function sourcesOf(install: string, text = ""): EventSource[] {
  const subjects = subjectsOf(install);
  const named = text.split(",").flatMap((entry) => {
    const [stream, ...filter] = entry.trim().split(":");
    return stream === undefined || stream === "" ? [] : [{ stream, filter: filter.join(":") || undefined }];
  });
  return (named.length === 0 ? [DEFAULT] : named).map(({ stream, filter }) => {
    const isWhole = filter === undefined || (stream === DEFAULT.stream && filter === DEFAULT.filter);
    return { stream, filter, durable: subjects.notifierDurable(isWhole ? stream : `${stream}:${filter}`) };
  });
}
