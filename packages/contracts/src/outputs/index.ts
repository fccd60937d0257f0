/** What is made from loaded contracts for people and for other programs. Every function is from a catalogue to text. */

export { renderTypes, type TypesOptions } from "./types/file.ts";
