import { closeAttempt } from "./attempts.ts";
import type { StepClosed, WorkflowEvent } from "./event.ts";
import type { OpenStep, OpenTrace } from "./open-trace.ts";

/** Closes an open step, and what is still open in it. */
export function closeStep(step: OpenStep, event: StepClosed): void {
  closeLeftOpen(step.children, event, event.outcome === "abandoned" ? "abandoned" : "aborted");
  const last = step.attempts.at(-1);
  if (last !== undefined && last.outcome === undefined) closeAttempt(last, event);
  step.ended = event.at;
  step.outcome = event.outcome;
  step.closedBy = event.seq;
  if (event.failure !== undefined) step.failure = event.failure;
  if (step.wait !== undefined) Object.assign(step.wait, event.wait ?? { outcome: "abandoned" });
}

/**
 * Closes what is open when its parent, or the run, ends without a word of its own about it: as failed where its
 * last attempt failed (an uncaught failure has no event of its own), else as given.
 */
export function closeLeftOpen(
  open: readonly OpenStep[],
  { at, seq }: WorkflowEvent,
  outcome: "abandoned" | "aborted",
): void {
  for (const step of open) {
    if (step.closedBy !== undefined) continue;
    const last = step.attempts.at(-1);
    const failed = last?.outcome === "failed" || last?.outcome === "timed_out" ? last : undefined;
    closeStep(step, {
      type: "step.closed",
      at,
      seq,
      key: step.key,
      outcome: failed?.outcome ?? outcome,
      ...(failed?.failure !== undefined && { failure: failed.failure }),
    });
  }
}

/** Opens again a step, and the steps around it, that failed with a segment before a redrive (a failure closes what it goes through). */
export function reopen(
  run: OpenTrace,
  step: OpenStep,
  stepAt: (key: string | undefined) => OpenStep | undefined,
): void {
  if (run.redrive === 0) return;
  for (
    let around: OpenStep | undefined = step;
    around !== undefined && endedWithSegment(run, around);
    around = stepAt(around.parent)
  ) {
    delete around.closedBy;
    delete around.ended;
    delete around.outcome;
    delete around.failure;
    if (around.wait !== undefined) delete around.wait.outcome;
  }
}

function endedWithSegment(run: OpenTrace, { closedBy, outcome }: OpenStep): boolean {
  const before = run.segments.at(-2)?.closedBy;
  return (
    closedBy !== undefined && before !== undefined && closedBy <= before && outcome !== "completed"
  );
}
