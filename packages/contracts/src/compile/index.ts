export {
  checkSources,
  emptyContracts,
  formatMistake,
  type LoadResult,
  loadContracts,
} from "./load.ts";
export { expandPaths, isContractFileName } from "./paths.ts";
export { parseDuration, parseRate } from "./quantities.ts";
