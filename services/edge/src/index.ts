/** For tools that document or run an edge. The service itself is `main.ts`. */

export { config } from "./config.ts";
