export type * from "./seam.ts";
