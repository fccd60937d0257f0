export { type Notifier, type NotifierOptions, startNotifier } from "./notifier.ts";
