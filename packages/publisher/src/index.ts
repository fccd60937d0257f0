export { createPublisher, type EventRoutes, type Published, type Publisher, type PublishOptions } from "./publisher.ts";
