/**
 * Every rule by which a change of contract files is judged: whom it breaks, and why. The one place for them; the
 * documentation's table is made from it.
 */

/** Clients are those who hold a socket. Publishers are backends: they publish events, answer commands and patch state. */
export type Party = "clients" | "publishers";

export type ChangeClass = "compatible" | `breaking-for-${Party}`;

export const CHANGE_CLASSES: readonly ChangeClass[] = ["compatible", "breaking-for-clients", "breaking-for-publishers"];

/** Who sends what a schema describes, and whose promise it is. */
export interface Roles {
  senders: readonly Party[];
  receivers: readonly Party[];
}

/**
 * A command's backend is no receiver here: what it accepts is its own offer, so accepting more takes nothing from anyone.
 * Backends that read rosters and state are told more in the same way.
 */
export const ROLES = {
  "room info": { senders: ["clients"], receivers: ["clients"] },
  "state value": { senders: ["clients", "publishers"], receivers: ["clients"] },
  "relay payload": { senders: ["clients"], receivers: ["clients"] },
  "command payload": { senders: ["clients"], receivers: [] },
  "command reply": { senders: ["publishers"], receivers: ["clients"] },
  "event payload": { senders: ["publishers"], receivers: ["clients"] },
} as const satisfies Record<string, Roles>;

export interface Rule {
  /** None: the change is compatible. `senders` and `receivers`: those of the schema's place. */
  breaks: readonly (Party | "senders" | "receivers")[];
  sentence: string;
}

const harmless = (sentence: string) => ({ breaks: [], sentence }) satisfies Rule;
const breaksClients = (sentence: string) => ({ breaks: ["clients"], sentence }) satisfies Rule;
const breaksPublishers = (sentence: string) => ({ breaks: ["publishers"], sentence }) satisfies Rule;
const breaksBoth = (sentence: string) => ({ breaks: ["clients", "publishers"], sentence }) satisfies Rule;
const breaksSenders = (sentence: string) => ({ breaks: ["senders"], sentence }) satisfies Rule;
const breaksReceivers = (sentence: string) => ({ breaks: ["receivers"], sentence }) satisfies Rule;

export const RULES = {
  "namespace-added": harmless("Nobody connects to it yet."),
  "namespace-removed": breaksClients("Connecting to it is refused."),

  "room-added": harmless("Nobody joins such rooms yet."),
  "room-removed": breaksBoth("Joining such a room is refused, and events for it are dead letters."),
  "rooms-split": harmless("Some rooms leave a wider pattern for their own; what differs for them is judged by itself."),
  "rooms-merged": harmless("Rooms fall under a wider pattern; what differs for them is judged by itself."),
  "room-info-added": harmless("Info is optional, and members ignore what they do not know."),
  "room-info-removed": breaksClients("A join or update with info is refused."),
  "max-members-lowered": breaksClients("Joins are refused earlier."),
  "max-members-raised": harmless("Nobody is refused who was not before."),

  "state-key-added": harmless("Nobody writes it yet, and readers ignore keys they do not know."),
  "state-key-removed": breaksBoth("Writing such a key is refused."),
  "keys-split": harmless("Some keys leave a wider pattern for their own; what differs for them is judged by itself."),
  "keys-merged": harmless("Keys fall under a wider pattern; what differs for them is judged by itself."),
  "key-owner-changed": breaksClients("Entries vanish with their writer's session, or no longer do."),
  "retain-lowered": breaksClients("State is gone earlier after the last member left."),
  "retain-raised": harmless("State stays longer after the last member left."),
  "state-published": harmless("Consumers of PRESENCE ignore types they do not know."),
  "state-unpublished": breaksPublishers("Backends are no longer told of changes."),

  "relay-added": harmless("Nobody sends it yet, and clients ignore events they do not know."),
  "relay-removed": breaksClients("Sending it is refused."),
  "relay-rooms-added": harmless("It may be sent to more rooms."),
  "relay-rooms-removed": breaksClients("Sending it to such a room is refused."),
  "operation-changed": breaksClients("Tokens that allow only the former operation are refused."),
  "rate-lowered": breaksClients(
    "Clients that keep to the former rate are refused; a first own rate may be the lower one.",
  ),
  "rate-raised": harmless("Nobody is refused who was not before."),
  "rate-removed": breaksClients("It shares the session's general allowance now, which may be lower."),
  "volatile-added": breaksClients("It may be dropped under back-pressure now, and is never resumed."),
  "volatile-removed": harmless("It is no longer dropped."),
  "relay-echoed": breaksClients("With history the sender's socket gets its own message too."),
  "history-added": harmless("More can be read than before."),
  "history-removed": breaksClients("The event is no longer numbered, kept or resumed."),
  "history-lowered": breaksClients("Less can be read or resumed."),
  "history-raised": harmless("More can be read or resumed."),

  "command-added": harmless("Nobody sends it yet."),
  "command-removed": breaksClients("Sending it is refused."),
  "command-widened": harmless(
    "No client is refused. Let the backend that answers know it before a client sends it: what it accepts is its own offer.",
  ),
  "subject-changed": breaksPublishers("Who answers must listen elsewhere."),
  "timeout-lowered": breaksPublishers("Answers that came in time come too late."),
  "timeout-raised": harmless("Answers may take longer."),

  "event-added": harmless("Nobody publishes it yet, and clients ignore events they do not know."),
  "event-removed": breaksBoth("Clients no longer get it; what is published is a dead letter, what is emitted refused."),
  "from-added": harmless("It may be published as well as emitted."),
  "from-changed": breaksPublishers("What is published to the former subject is a dead letter."),
  "type-required": breaksPublishers("What is published with another CloudEvent type is a dead letter."),
  "type-removed": harmless("Any CloudEvent type matches."),
  "tenant-changed": breaksPublishers("The tenant is read from another place."),
  "audience-added": harmless("Who emits names the audience as before."),
  "audience-changed": breaksClients("Others get it, or it reaches clients in another way."),
  "durable-added": harmless("Inboxes keep it; clients that ignore `meta.inbox` get it as before."),
  "durable-needs-users": breaksPublishers("A durable event goes to users: emitting it to a room is refused."),
  "durable-removed": breaksClients("Who is not connected no longer gets it."),
  "ttl-lowered": breaksBoth("It is given up earlier, and what is published late has expired on arrival."),
  "ttl-raised": harmless("It is kept longer."),
  "collapse-changed": breaksClients("Inboxes replace other entries than before."),
  "fallback-added": breaksClients("Clients that do not acknowledge let it fire."),
  "fallback-removed": breaksClients("Who does not acknowledge is told by no other channel."),
  "fallback-sooner": breaksClients("Clients have less time to acknowledge before it fires."),
  "fallback-later": harmless("Clients have more time to acknowledge before it fires."),
  "fallback-channel-changed": harmless("Apps see no difference; the deployment must know the channel."),
  "digest-changed": harmless("Apps see no difference."),

  "enforcement-tightened": breaksSenders("What broke the contract passed with a warning and is refused now."),
  "enforcement-loosened": breaksReceivers("What breaks the contract may come now."),
  "not-enforced": harmless("Under `enforcement: warn` nobody is refused, and nothing was promised."),
  "deprecation-changed": harmless("It works as before."),
  "docs-changed": harmless("Descriptions, examples and owners restrict nothing."),
  "sample-changed": harmless("How many traces are kept changes no delivery."),

  "field-declared": harmless("The field is optional: nobody sends it yet, and receivers ignore what they do not know."),
  "field-undeclared": harmless("The field was optional and may still be sent; nothing is said about it any more."),
  "fields-opened": harmless("Fields that are not declared may come, and receivers ignore what they do not know."),
  "schema-rewritten": harmless("The schema accepts what it accepted before."),

  "alternative-removed": breaksSenders("What one of the alternatives allowed is refused."),
  "cannot-compare": {
    breaks: ["senders", "receivers"],
    sentence: "Whether the schemas accept the same cannot be told, so that they do not is assumed.",
  },
  "field-removed": breaksSenders("What holds the field is refused."),
  "field-required": breaksSenders("What lacks the field is refused."),
  "fields-closed": breaksSenders("What holds fields that are not declared is refused."),
  "fields-narrowed": breaksSenders("Fields that are not declared must match a schema."),
  "format-narrowed": breaksSenders("Text of another format is refused."),
  "limit-tightened": breaksSenders("What lies beyond the new limit is refused."),
  "pattern-narrowed": breaksSenders("Text that matched may not match the new pattern."),
  "type-narrowed": breaksSenders("Values of a type that was allowed are refused."),
  "value-removed": breaksSenders("A value that was allowed is refused."),
  "values-limited": breaksSenders("All but a few values are refused."),

  "alternative-added": breaksReceivers("What comes may be none of the alternatives that receivers know."),
  "field-allowed": breaksReceivers("A field may come that was promised to be absent."),
  "field-optional": breaksReceivers("A field that was promised may be missing."),
  "fields-widened": breaksReceivers("Fields that are not declared may be anything."),
  "format-widened": breaksReceivers("Text of another format may come."),
  "limit-loosened": breaksReceivers("What lies beyond the promised limit may come."),
  "pattern-widened": breaksReceivers("Text may come that does not match the promised pattern."),
  "type-widened": breaksReceivers("Values of a type may come that receivers do not know."),
  "value-added": breaksReceivers("A value may come that receivers do not know."),
  "values-unlimited": breaksReceivers("More may come than the few values that receivers know."),
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;

export const RULE_IDS = Object.keys(RULES) as RuleId[];

/** For the documentation, in Markdown. */
export function rulesTable(): string {
  const rows = RULE_IDS.map((id) => {
    const { breaks, sentence }: Rule = RULES[id];
    return `| \`${id}\` | ${listed(breaks)} | ${sentence} |`;
  });
  return ["| rule | breaks | because |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Who is broken by a schema that accepts less, and by one that accepts more; in Markdown. */
export function rolesTable(): string {
  const rows = Object.entries(ROLES).map(
    ([place, { senders, receivers }]) => `| ${place} | ${listed(senders)} | ${listed(receivers)} |`,
  );
  return [
    "| schema | senders: who breaks when it accepts less | receivers: when it accepts more |",
    "| --- | --- | --- |",
    ...rows,
  ].join("\n");
}

const listed = (parties: readonly string[]) => (parties.length === 0 ? "nobody" : parties.join(", "));
