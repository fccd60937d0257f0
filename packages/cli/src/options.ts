/** Values of command-line options. Each parser throws what commander prints with the option's name, exit code 2. */

import { isName, type NameKind } from "@rollcall/contracts";
import { parseDurationMs } from "@rollcall/runtime";
import { InvalidArgumentError } from "commander";

export const wholeNumber =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };

export function durationMs(text: string): number {
  const value = parseDurationMs(text);
  if (value === undefined || value === 0)
    throw new InvalidArgumentError("It must be a duration such as 30s, 5m or 1h.");
  return value;
}

/** RFC 3339, from a time or from how long ago it was. */
export const instant =
  (now: () => number) =>
  (text: string): string => {
    const ago = parseDurationMs(text);
    const at = ago === undefined ? Date.parse(/^\d{4}-\d\d-\d\d/.test(text) ? text : "") : now() - ago;
    if (Number.isNaN(at)) throw new InvalidArgumentError("It must be a time such as 2026-05-01T12:00:00Z, or 2h.");
    return new Date(at).toISOString();
  };

/** `50/s` or `50`. */
export function perSecond(text: string): number {
  const match = /^(\d{1,6})(?:\/s)?$/.exec(text);
  if (match === null || Number(match[1]) === 0) throw new InvalidArgumentError("It must be a rate such as 50/s.");
  return Number(match[1]);
}

/** `50000`, `5e4`. */
export const quantity =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const value = /^\d{1,12}(?:\.\d{1,6})?(?:e\d{1,2})?$/i.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`);
  };

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `50/s`, `1/m`, `0.5/h`; a second. */
export function frequency(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\/([smhd])$/.exec(text);
  if (match === null) throw new InvalidArgumentError("It must be a rate such as 50/s, 1/m or 2/h.");
  return Number(match[1]) / SECONDS[match[2]!]!;
}

export const nameOf =
  (kind: NameKind) =>
  (text: string): string => {
    if (isName(kind, text)) return text;
    throw new InvalidArgumentError(`It is not a valid ${kind}.`);
  };

/** The same for options that may be given more than once. */
export const namesOf = (kind: NameKind) => {
  const one = nameOf(kind);
  return (text: string, before: string[] = []): string[] => [...before, one(text)];
};

/** For options that may be given more than once. */
export const repeated = (value: string, before: string[] = []): string[] => [...before, value];

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It is not JSON.");
  }
}
