/** The only reader of the process's environment; everything else is given a settings object. */

export type Env = Readonly<Record<string, string | undefined>>;

export function processEnv(): Env {
  return process.env;
}
