import { LONGEST_TIMER_MS } from "../host/longest-timer.ts";
import type { LambdaContext } from "./lambda-context.ts";

/**
 * Calls back shortly before an invocation's timeout, `marginMs` before it or half of what is left, whichever is later.
 * Gives a function that calls it off. A handler that never yields to the event loop cannot be watched.
 */
export function watchDeadline(
  context: LambdaContext,
  marginMs: number,
  nearTimeout: () => void,
): () => void {
  const left = remainingMs(context);
  if (left > LONGEST_TIMER_MS) return () => undefined;
  const timer = setTimeout(nearTimeout, Math.max(left - marginMs, left / 2));
  // The watch must not keep a process alive that has nothing else to do.
  timer.unref();
  return () => clearTimeout(timer);
}

/** Milliseconds until the invocation's timeout; Infinity where nobody tells. */
export function remainingMs(context: LambdaContext): number {
  return context.getRemainingTimeInMillis?.() || Infinity;
}
