/** The same hue for the same name on every page; `style.css` makes colours of it that can be read on light and dark. */
export function hueOf(name: string): Record<`--${string}`, number> {
  let hash = 2_166_136_261; // FNV-1a: names that differ in a letter differ in colour
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 16_777_619) >>> 0;
  return { "--hue": hash % 360 };
}
