import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * One project per kind of test. `unit` and `sim` need nothing but Node; `integration` starts real servers;
 * `e2e` starts real clusters; `deploy` needs programs of others (Helm, kubeconform, promtool, hadolint), `load` k6;
 * `campaign` holds the long runs and is never part of a default run.
 *
 * Files of one worker share their modules (`isolate: false`): importing them anew for each file took most of the
 * time. So a module holds no state that a test could leave behind. Integration tests mostly wait for servers, hence
 * one worker more than there are cores.
 */
const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, ...extra },
});

/** Files that take a minute or two: begun first, they do not run on alone at the end. Vitest would begin large files first. */
const LONG = /\/(deaths|notifier-faults|lifecycle)\.integration\.test\.ts$|\/docs\.e2e\.test\.ts$/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(LONG.test(b.moduleId)) - Number(LONG.test(a.moduleId)));
  }
}

const roots = "{packages,services,examples,loadtest,scripts,deploy}";

export default defineConfig({
  test: {
    reporters: ["default"],
    isolate: false,
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      project("unit", [`${roots}/**/*.test.ts`], {
        exclude: ["**/node_modules/**", "**/*.{sim,integration,e2e,deploy,load,campaign}.test.ts"],
        testTimeout: 20_000,
      }),
      project("sim", [`${roots}/**/*.sim.test.ts`], { testTimeout: 60_000 }),
      project("integration", [`${roots}/**/*.integration.test.ts`], {
        testTimeout: 30_000,
        hookTimeout: 60_000,
        maxWorkers: 3,
      }),
      project("e2e", [`${roots}/**/*.e2e.test.ts`], {
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      project("deploy", [`${roots}/**/*.deploy.test.ts`], { testTimeout: 300_000, hookTimeout: 300_000 }),
      project("load", [`${roots}/**/*.load.test.ts`], {
        testTimeout: 600_000,
        hookTimeout: 300_000,
        fileParallelism: false,
        // Each is several processes.
        maxConcurrency: 4,
      }),
      project("campaign", [`${roots}/**/*.campaign.test.ts`], {
        testTimeout: 3_600_000,
        hookTimeout: 600_000,
        fileParallelism: false,
      }),
    ],
  },
});
