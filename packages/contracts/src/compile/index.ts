export {
  checkSources,
  emptyContracts,
  formatMistake,
  isContractFileName,
  type LoadResult,
  loadContracts,
} from "./load.ts";
export { parseDuration, parseRate } from "./quantities.ts";
