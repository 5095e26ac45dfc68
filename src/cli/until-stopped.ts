import { once } from "node:events";
import { LONGEST_TIMER_MS } from "../host/longest-timer.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** A wait for the signals that end a command, which keeps the process alive. */
export interface Stopping {
  /** Resolves to false at the first SIGINT or SIGTERM. */
  readonly signal: Promise<false>;
  isStopped(): boolean;
  /** Ends the wait: from then on a signal ends the process at once, as usual. */
  forget(): void;
}

/** Begins to wait for SIGINT and SIGTERM. */
export function untilStopped(): Stopping {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const name of SIGNALS) process.once(name, stop);
  // A listener of a signal keeps no process alive.
  const alive = setInterval(() => undefined, LONGEST_TIMER_MS);
  return {
    signal: once(stopping.signal, "abort").then((): false => false),
    isStopped: () => stopping.signal.aborted,
    forget() {
      clearInterval(alive);
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}
