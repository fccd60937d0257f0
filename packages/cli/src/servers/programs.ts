/** The programs of others that a cluster or its tests need, and what package managers call them. */

export interface ServerProgram {
  /** Name of the program, and what it is called where packages are listed. */
  name: "redis-server" | "nats-server" | "prometheus" | "promtool" | "chromium";
  title: string;
  /** Debian and Ubuntu. */
  debianPackage: string;
  /** Where the package has it, when its file in `usr/bin` is a script that knows only the installed place. */
  debianProgram?: string;
  brewPackage: string;
  /** Runs it with Docker, and the setting that then names it. */
  docker?: { run: string; setting: string };
}

export const REDIS: ServerProgram = {
  name: "redis-server",
  title: "Redis",
  debianPackage: "redis-server",
  brewPackage: "redis",
  docker: { run: "docker run -d -p 6379:6379 redis:7", setting: "REDIS_URL=redis://127.0.0.1:6379" },
};
export const NATS: ServerProgram = {
  name: "nats-server",
  title: "NATS",
  debianPackage: "nats-server",
  brewPackage: "nats-server",
  docker: { run: "docker run -d -p 4222:4222 nats:2 -js", setting: "NATS_URL=nats://127.0.0.1:4222" },
};
export const PROMETHEUS: ServerProgram = {
  name: "prometheus",
  title: "Prometheus",
  debianPackage: "prometheus",
  brewPackage: "prometheus",
};
/** For the tests of alerts. */
export const PROMTOOL: ServerProgram = { ...PROMETHEUS, name: "promtool" };

/** For the tests of a web page. */
export const CHROMIUM: ServerProgram = {
  name: "chromium",
  title: "Chromium",
  debianPackage: "chromium",
  debianProgram: "usr/lib/chromium/chromium",
  brewPackage: "--cask chromium",
};
