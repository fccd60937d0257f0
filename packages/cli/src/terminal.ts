/** Output: results go to stdout, progress and remarks to stderr, so that a pipe carries results only. */

import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Terminal {
  /** A line of the result. */
  out(line: string): void;
  /** A line about it: progress, warnings, errors. */
  note(line: string): void;
  /** The result as one line of JSON. */
  json(value: unknown): void;
  /** Coloured only when stdout is a terminal that wants colours. */
  style(style: Style, text: string): string;
}

export function processTerminal(): Terminal {
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    json: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
    style: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}

export interface RecordedTerminal extends Terminal {
  readonly stdout: string[];
  readonly stderr: string[];
}

/** Keeps what is printed, for tests. */
export function recordingTerminal(): RecordedTerminal {
  const stdout: string[] = [];
  const stderr: string[] = [];
  return {
    stdout,
    stderr,
    out: (line) => void stdout.push(line),
    note: (line) => void stderr.push(line),
    json: (value) => void stdout.push(JSON.stringify(value)),
    style: (_style, text) => text,
  };
}

/** Columns padded to the widest cell; numbers to the right. No borders: it can be pasted and cut. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const text = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...text.map((row) => row[column]?.length ?? 0)));
  const right = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  return text.map((row) =>
    row
      .map((cell, column) => (right[column] === true ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
