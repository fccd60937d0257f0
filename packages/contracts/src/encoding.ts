/** The two encodings of names: into NATS subject tokens and into room templates. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

function encodeBytes(value: string, keep: RegExp, mark: string, upper: boolean): string {
  if (keep.test(value)) return value;
  let out = "";
  for (const byte of encoder.encode(value)) {
    const char = String.fromCharCode(byte);
    if (byte < 0x80 && keep.test(char)) {
      out += char;
    } else {
      const hex = byte.toString(16).padStart(2, "0");
      out += mark + (upper ? hex.toUpperCase() : hex);
    }
  }
  return out;
}

function decodeBytes(token: string, pattern: RegExp): string | undefined {
  const bytes: number[] = [];
  for (let i = 0; i < token.length; i++) {
    const rest = token.slice(i, i + 3);
    if (pattern.test(rest)) {
      bytes.push(Number.parseInt(rest.slice(1), 16));
      i += 2;
    } else {
      const code = token.charCodeAt(i);
      if (code > 0x7f) return undefined;
      bytes.push(code);
    }
  }
  try {
    return decoder.decode(new Uint8Array(bytes));
  } catch {
    return undefined; // not UTF-8: no token of ours
  }
}

const SUBJECT_KEEP = /^[A-Za-z0-9_-]*$/;
const TEMPLATE_KEEP = /^[A-Za-z0-9_.@-]*$/;

/** Subject token: each byte outside `[A-Za-z0-9_-]` becomes `%` and two upper-case hex digits. */
export function encodeSubjectToken(value: string): string {
  return encodeBytes(value, SUBJECT_KEEP, "%", true);
}

/** Inverse of {@link encodeSubjectToken}; undefined when `token` is no encoding of UTF-8 text. */
export function decodeSubjectToken(token: string): string | undefined {
  return decodeBytes(token, /^%[0-9A-F]{2}$/);
}

/** Template value: each UTF-8 byte outside `[A-Za-z0-9_.@-]` becomes `~` and two lower-case hex digits. */
export function encodeTemplateValue(value: string): string {
  return encodeBytes(value, TEMPLATE_KEEP, "~", false);
}
