export { checkSources, emptyContracts, formatMistake, isContractFileName, loadContracts } from "./load.ts";
export { parseDuration, parseRate } from "./quantities.ts";
