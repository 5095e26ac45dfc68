import type { Attempt, Step } from "../core/model.ts";

/**
 * The attempts of a step that were tried again, as far as an event after `after` made that known: an attempt has no
 * number of the event that opened it, so a retry is known by the end of the attempt that followed. What a redrive
 * tries again had been given up: that is no retry.
 */
export function retriesOf(step: Step, after: number): Attempt[] {
  const found: Attempt[] = [];
  let before: Attempt[] = [];
  for (const attempt of step.attempts) {
    if (attempt.closedBy !== undefined) {
      if (attempt.closedBy > after)
        found.push(...before.filter(({ redrive }) => redrive === attempt.redrive));
      before = [];
    }
    before.push(attempt);
  }
  return found;
}
