/** HTML in which no text can become markup: whatever is put into the template is escaped, unless it is HTML itself. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Put = string | number | Html | false | undefined | readonly Put[];

export function html(texts: TemplateStringsArray, ...puts: Put[]): Html {
  return new Html(texts.map((text, i) => text + textOf(puts[i])).join(""));
}

function textOf(put: Put): string {
  if (put === undefined || put === false) return "";
  if (put instanceof Html) return put.text;
  return typeof put === "object" ? put.map(textOf).join("") : escapeHtml(String(put));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char]!);
