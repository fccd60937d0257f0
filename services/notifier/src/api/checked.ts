import { RollcallError } from "@rollcall/contracts";
export function checked<T>(_name: string, body: unknown): T {
  const b = body as any;
  if (b?.to && !b.to.room && !b.to.users) throw RollcallError.invalid([]);
  return body as T;
}
