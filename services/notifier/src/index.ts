export { config } from "./config.ts";
export { type Notifier, type NotifierOptions, startNotifier } from "./notifier.ts";
