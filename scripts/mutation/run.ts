/** A mutation run over one core: `node scripts/mutation/run.ts <core> [part of a source's path]`. */

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createVitest, type TestCase } from "vitest/node";
import { CORES, type Core } from "./cores.ts";
import type { Mutant } from "./mutants.ts";
import type { Orders } from "./runner.ts";
import { switched } from "./switched.ts";

export const ROOT = dirname(dirname(import.meta.dirname));

export interface Found extends Mutant {
  file: string;
  /** `unreached`: no test runs it. */
  fate: "killed" | "survived" | "unreached";
}

/** A test that takes longer comes when the quicker ones found nothing; what is above the last is not used. */
const QUICK_MS = [20, 200, 3_000];

/** `say`: how far it is. */
export async function mutate({ sources, tests }: Core, part: string, say: (line: string) => void): Promise<Found[]> {
  const files = globSync([...sources], { cwd: ROOT })
    .filter((file) => file.includes(part) && !file.endsWith(".test.ts"))
    .toSorted();
  const texts = new Map<string, string>();
  const all: Found[] = [];
  for (const file of files) {
    const { text, mutants } = switched(file, readFileSync(join(ROOT, file), "utf8"), all.length);
    texts.set(join(ROOT, file), text);
    for (const mutant of mutants) all.push({ ...mutant, file, fate: "unreached" });
  }
  const left = (fate: Found["fate"]) => all.flatMap((one, id) => (one.fate === fate ? [id] : []));

  const run = (orders: Orders) => runTests(tests, texts, orders);
  const reached = (await run({})).map((test) => ({
    id: test.id,
    ms: test.diagnostic()!.duration,
    steps: test.meta().steps!,
    ids: test.meta().reached!,
    loaded: test.meta().loaded!,
  }));
  for (const id of reached.flatMap(({ ids }) => ids)) all[id]!.fate = "survived";
  let fastest = 0;
  for (const ms of QUICK_MS) {
    const tries: Orders["tries"] = {};
    for (const test of reached.filter((one) => one.ms >= fastest && one.ms < ms)) {
      const mutants = test.ids.filter((id) => all[id]!.fate === "survived");
      if (mutants.length > 0) tries[test.id] = { mutants, steps: test.steps };
    }
    fastest = ms;
    for (const id of (await run({ tries })).flatMap((test) => test.meta().killed ?? [])) all[id]!.fate = "killed";
    say(`${left("survived").length} of ${all.length} survive the tests below ${ms} ms`);
  }
  const loaded = new Set(reached.flatMap((test) => test.loaded).filter((id) => all[id]!.fate !== "killed"));
  for (const [i, active] of [...loaded].entries()) {
    // A module that cannot be loaded, or a test that fails.
    const cases = await run({ active }).catch(() => undefined);
    const failed = cases?.some((test) => test.result().state === "failed") ?? true;
    all[active]!.fate = failed ? "killed" : "survived";
    if (i % 20 === 19 || i === loaded.size - 1) say(`${i + 1} of ${loaded.size} tried while modules are loaded`);
  }
  return all;
}

async function runTests(
  include: readonly string[],
  texts: ReadonlyMap<string, string>,
  orders: Orders,
): Promise<TestCase[]> {
  const vitest = await createVitest(
    "test",
    {
      config: false,
      root: ROOT,
      watch: false,
      include: [...include],
      runner: join(import.meta.dirname, "runner.ts"),
      fsModuleCache: false, // it does not see that the plugin's texts changed
      isolate: false,
      maxWorkers: 2,
      testTimeout: 20_000,
      bail: orders.active === undefined ? 0 : 1,
      reporters: [{}],
      provide: { orders },
    },
    { plugins: [{ name: "switched", enforce: "pre", transform: (_, id) => texts.get(id) }] },
  );
  try {
    const { testModules, unhandledErrors } = await vitest.start();
    const broken = testModules.flatMap((module) => module.errors());
    if (broken.length > 0) throw new AggregateError(broken, broken[0]!.message);
    const isPlain = orders.tries === undefined && orders.active === undefined;
    if (isPlain && unhandledErrors.length > 0) throw unhandledErrors[0];
    const cases = testModules.flatMap((module) => [...module.children.allTests()]);
    const failed = cases.filter((test) => test.result().state === "failed");
    if (isPlain && failed.length > 0)
      throw new Error(`fails without a mutant: ${failed[0]!.fullName}`, { cause: failed[0]!.result().errors });
    return cases;
  } finally {
    await vitest.close();
  }
}

/** `services/x/y.ts:12 a < b -> a <= b`. */
export function described({ file, line, from, to }: Found): string {
  const short = (text: string) => text.replaceAll(/\s+/g, " ");
  return `${file}:${line} ${short(from)} -> ${to === "" ? "(nothing)" : short(to)}`;
}

if (import.meta.main) {
  const [name, part = ""] = process.argv.slice(2);
  const core = CORES.find((one) => one.name === name);
  if (core === undefined) throw new Error(`which core? ${CORES.map((one) => one.name).join(", ")}`);
  const all = await mutate(core, part, (line) => console.error(`${name}: ${line}`));
  for (const one of all) if (one.fate !== "killed") console.log(`${one.fate} ${described(one)}`);
  const count = (fate: Found["fate"]) => all.filter((one) => one.fate === fate).length;
  console.log(
    `${all.length} mutants: ${count("killed")} killed, ${count("survived")} survived, ${count("unreached")} unreached`,
  );
}
