/** The subjects of JetStream's own API that a user needs to do one thing with one stream. */

export function jetStreamApi(domain?: string) {
  const api = domain === undefined ? "$JS.API" : `$JS.${domain}.API`;
  const ack = (stream: string) => (domain === undefined ? `$JS.ACK.${stream}.>` : `$JS.ACK.${domain}.*.${stream}.>`);
  const streamInfo = (stream: string) => `${api}.STREAM.INFO.${stream}`;
  const consumerInfo = (stream: string) => `${api}.CONSUMER.INFO.${stream}.*`;
  return {
    account: `${api}.INFO`,
    /** Which stream takes a subject. */
    find: `${api}.STREAM.NAMES`,
    streamInfo,
    consumerInfo,
    /** Make it and look at it; neither change, purge nor delete it. */
    own: (stream: string) => [`${api}.STREAM.CREATE.${stream}`, streamInfo(stream)],
    /**
     * Make consumers and read by them. With a `filter` only consumers of exactly that filter: the server refuses a
     * request whose body says otherwise. Names cannot be listed, so another's consumer is as secret as its name.
     */
    consume: (stream: string, filter?: string) => [
      ...(filter === undefined
        ? [`${api}.CONSUMER.CREATE.${stream}.>`, `${api}.CONSUMER.DURABLE.CREATE.${stream}.*`]
        : [`${api}.CONSUMER.CREATE.${stream}.*.${filter}`]),
      consumerInfo(stream),
      `${api}.CONSUMER.MSG.NEXT.${stream}.*`,
      `${api}.CONSUMER.DELETE.${stream}.*`,
      ack(stream),
    ],
    /** Read one message by its sequence or subject. */
    message: (stream: string) => [
      `${api}.STREAM.MSG.GET.${stream}`,
      `${api}.DIRECT.GET.${stream}`,
      `${api}.DIRECT.GET.${stream}.>`,
    ],
    deleteMessage: (stream: string) => `${api}.STREAM.MSG.DELETE.${stream}`,
  };
}
