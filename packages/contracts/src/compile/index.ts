export { checkSources, emptyContracts, formatMistake, loadContracts } from "./load.ts";
export { parseDuration, parseRate } from "./quantities.ts";
