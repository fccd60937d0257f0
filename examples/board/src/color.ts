/** The same colour for the same name on every page. */
export function colorOf(name: string): string {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + char.codePointAt(0)!) % 360;
  return `hsl(${hash} 70% 45%)`;
}
