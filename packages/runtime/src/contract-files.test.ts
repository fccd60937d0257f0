import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contracts } from "@rollcall/contracts";
import { METRICS } from "@rollcall/telemetry";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ContractFiles, openContracts } from "./contract-files.ts";
import { createLogger } from "./logger.ts";
import { ManualClock } from "./manual-clock.ts";
import { createMetrics } from "./metrics.ts";

const EVERY_MS = 1_000;
const declaring = (event: string) =>
  `rollcall: 1\nnamespace: /\nevents: { "${event}": { from: events.x, payload: {}, to: { room: a } } }\nrooms: { a: {} }\n`;

let folder: string;
let file: string;
let clock: ManualClock;
let files: ContractFiles;
let lines: string[];
const metrics = createMetrics();
const open = () =>
  openContracts({
    paths: [folder],
    clock,
    logger: createLogger({
      service: "test",
      instance: "test",
      level: "info",
      destination: { write: (line) => void lines.push(line) },
    }),
    metrics,
    everyMs: EVERY_MS,
  });
const declared = ({ namespaces }: Contracts) => [...namespaces.get("/")!.events.keys()];
const inForce = async () => (await metrics.gauge(METRICS.contracts).get()).values.map(({ labels }) => labels.hash);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-contract-files-"));
  file = join(folder, "app.yaml");
  writeFileSync(file, declaring("a:first"));
  clock = new ManualClock();
  lines = [];
  files = await open();
});
afterEach(() => {
  files.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a changed file is in force after the next look, for whoever asks", async () => {
  const swapped: Contracts[] = [];
  files.watch((next) => swapped.push(next));
  const before = files.current.hash;
  writeFileSync(file, declaring("a:second-event"));
  expect(declared(files.live)).toEqual(["a:first"]);
  await clock.advance(EVERY_MS);
  await vi.waitFor(() => expect(swapped).toHaveLength(1));
  expect(declared(swapped[0]!)).toEqual(["a:second-event"]);
  expect(declared(files.live)).toEqual(["a:second-event"]);
  expect(files.live.route("events.x", undefined)?.event.name).toBe("a:second-event");
  expect(files.live.hash).not.toBe(before);
  expect(await inForce()).toEqual([files.live.hash]);
});

test("what did not change is not read again, but on SIGHUP it is", async () => {
  const swapped = vi.fn();
  files.watch(swapped);
  await clock.advance(3 * EVERY_MS);
  process.emit("SIGHUP");
  await vi.waitFor(() => expect(swapped).toHaveBeenCalledTimes(1));
});

test("that nothing is declared is said, at the start and when it becomes so", async () => {
  expect(lines.join("")).not.toContain("contracts.none");
  files.watch();
  rmSync(file);
  await clock.advance(EVERY_MS);
  await vi.waitFor(() => expect(lines.join("")).toContain("contracts.none"));
  lines = [];
  (await open()).stop();
  expect(lines.join("")).toContain("contracts.none");
});

test("files with mistakes change nothing, are counted once and named in the log", async () => {
  const rejected = async () => (await metrics.counter(METRICS.contractsRejected).get()).values[0]?.value ?? 0;
  const before = await rejected();
  files.watch();
  writeFileSync(file, "rollcall: 1\nnamespace: /\nroms: {}\n");
  await clock.advance(EVERY_MS);
  await vi.waitFor(async () => expect(await rejected()).toBe(before + 1));
  await clock.advance(3 * EVERY_MS);
  expect(declared(files.live)).toEqual(["a:first"]);
  expect(await rejected()).toBe(before + 1);
  expect(lines.join("")).toContain("/roms is not a known key");
});

test("a service does not start on them", async () => {
  writeFileSync(file, "rollcall: 2\n");
  await expect(open()).rejects.toThrow("mistakes");
});

test("a change between the first reading and the first look is found", async () => {
  const swapped = vi.fn();
  writeFileSync(file, declaring("a:meanwhile"));
  files.watch(swapped);
  await clock.advance(EVERY_MS);
  await vi.waitFor(() => expect(swapped).toHaveBeenCalledTimes(1));
});

/** As Kubernetes mounts a ConfigMap: links into a hidden folder, swapped by renaming one of them. */
function mount(version: string, texts: Record<string, string>): void {
  const data = join(folder, `..${version}`);
  mkdirSync(data);
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(data, name), text);
    if (!existsSync(join(folder, name))) symlinkSync(join("..data", name), join(folder, name));
  }
  symlinkSync(`..${version}`, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
}

test("a ConfigMap is swapped by its links, the old files still beside it", async () => {
  rmSync(file);
  mount("1", { "one.yaml": declaring("a:mounted") });
  files = await open();
  expect(declared(files.live)).toEqual(["a:mounted"]);
  const swapped = vi.fn();
  files.watch(swapped);
  mount("2", { "one.yaml": declaring("a:second") });
  await clock.advance(EVERY_MS);
  await vi.waitFor(() => expect(swapped).toHaveBeenCalledTimes(1));
  expect(declared(files.live)).toEqual(["a:second"]);
});

test("files that change while they are read are not in force until they stand still", async () => {
  const swapped = vi.fn();
  files.watch(swapped);
  writeFileSync(file, declaring("a:half"));
  await clock.advance(EVERY_MS); // reading has begun
  writeFileSync(file, declaring("a:whole-at-last"));
  await clock.advance(0);
  await vi.waitFor(async () => {
    await clock.advance(EVERY_MS);
    expect(swapped).toHaveBeenCalled();
  });
  expect(swapped.mock.calls.map(([next]) => declared(next as Contracts))).toEqual([["a:whole-at-last"]]);
});

test("a SIGHUP while files are read is not lost", async () => {
  const swapped = vi.fn();
  files.watch(swapped);
  process.emit("SIGHUP");
  process.emit("SIGHUP");
  await vi.waitFor(() => expect(swapped).toHaveBeenCalledTimes(2));
});
