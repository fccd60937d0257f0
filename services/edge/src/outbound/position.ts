/** Order of stream ids (`<ms>-<sequence>`, both decimal without leading zeros) within one partition. */

const compareDecimal = (a: string, b: string) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

export function isAfter(id: string, other: string): boolean {
  const [ms = "0", seq = "0"] = id.split("-", 2);
  const [otherMs = "0", otherSeq = "0"] = other.split("-", 2);
  return (compareDecimal(ms, otherMs) || compareDecimal(seq, otherSeq)) > 0;
}
