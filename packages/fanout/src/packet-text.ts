/**
 * A linear check of a packet's text, in place of a parse: `["<event>", ...]` with closed strings, balanced brackets
 * and bounded depth and size. It does not prove JSON; it keeps truncated, deep and oversized texts from every client.
 */

/** No event exceeds this, encoded (wire, section 3). Bytes. */
export const MAX_PACKET_BYTES = 128 * 1024;
/** Deeper than any sane payload, far below what a recursive reader dies of. */
export const MAX_PACKET_DEPTH = 256;

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export function isSoundPacket(text: string, event: string): boolean {
  const head = `["${event}"`;
  if (text.length > MAX_PACKET_BYTES || !text.startsWith(head)) return false;
  const after = text.charCodeAt(head.length);
  if (after !== 44 /* , */ && after !== CLOSE_LIST) return false;
  return endsBalanced(text, head.length);
}

/** From inside the outermost list (depth 1) to exactly its end at the end of the text. */
function endsBalanced(text: string, from: number): boolean {
  let depth = 1;
  const last = text.length - 1;
  for (let i = from; i <= last; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        i = endOfString(text, i + 1);
        if (i < 0) return false;
        break;
      }
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++depth > MAX_PACKET_DEPTH) return false;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (--depth === 0) return i === last;
        break;
    }
  }
  return false;
}

/** Index of the closing quote, or -1. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}
