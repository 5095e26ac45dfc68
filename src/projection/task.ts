import type { Failure, Step, StepOutcome } from "../core/model.ts";

/** The work of a step, without the wait that it may open. */
export interface Task {
  /** Milliseconds since the epoch. */
  readonly scheduled: number;
  readonly ended: number | undefined;
  readonly outcome: StepOutcome | undefined;
  readonly failure: Failure | undefined;
}

/**
 * What a step itself did. Where it hands out a token and waits for the answer that is its last delivery: the wait is
 * a step of its own in it, and would make moments of work look like days.
 */
export function taskOf(step: Step): Task {
  const delivery = step.children.some((child) => child.wait?.kind === "task_token")
    ? step.attempts.at(-1)
    : undefined;
  const { ended, outcome, failure } = delivery ?? step;
  return { scheduled: delivery?.scheduled ?? step.scheduled, ended, outcome, failure };
}
