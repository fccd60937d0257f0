/** A line of text with pieces of code in it: told apart here, so that no text can pass for code or markup later. */

export type Inline = readonly (string | { readonly code: string })[];

export const code = (text: string): { code: string } => ({ code: text });

/** Tagged template: what is put in is code. */
export function line(texts: TemplateStringsArray, ...codes: (string | number | Inline)[]): Inline {
  return texts.flatMap((text, i) => {
    const put = codes[i];
    const inner = put === undefined ? [] : typeof put === "object" ? put : [code(String(put))];
    return [...(text === "" ? [] : [text]), ...inner];
  });
}

/** Pieces of code one after the other: `a`, `b`. */
export const codes = (texts: readonly string[]): Inline =>
  texts.flatMap((text, i) => (i === 0 ? [code(text)] : [", ", code(text)]));

/** Where there is no markup: code in backticks. */
export const plainText = (inline: Inline): string =>
  inline.map((piece) => (typeof piece === "string" ? piece : `\`${piece.code}\``)).join("");
