export { checkerOf } from "./checker.ts";
export { type Static, type TObject, type TProperties, type TSchema, type TUnsafe, Type } from "./type.ts";
