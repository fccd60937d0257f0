/** A command whose reader has gone, as in `./rollcall status | head -1`, ends as SIGPIPE would end it: without a stack. */

const EXIT_OF_SIGPIPE = 128 + 13;

export function endWithReader(): void {
  let ending = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (ending) return;
    ending = true;
    // What runs until it is told to end has things to put in order first.
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
    else process.exit(EXIT_OF_SIGPIPE);
  };
  process.stdout.on("error", onError);
  process.stderr.on("error", onError);
}
