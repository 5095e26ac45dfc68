import type { Attempt, Segment, Step, WorkflowTrace } from "./model.ts";
import { stepsOf } from "./model.ts";

/** A law of the model that a trace breaks; `law` is its number in ARCHITECTURE.md. */
export interface BrokenLaw {
  readonly law: 1 | 2 | 3 | 4 | 5;
  readonly message: string;
  /** Key of the step that breaks it. */
  readonly step?: string;
}

/**
 * The laws that a trace breaks: an empty list when it is sound.
 *
 * 1. by the order of events a child opens after its parent opens and closes before its parent closes;
 * 2. there is exactly one terminal outcome if and only if the segment is closed;
 * 3. attempts are numbered 1..n without a gap, in a segment;
 * 4. keys are unique in a run (ids are derived from them).
 *
 * Laws 5 and 6 speak of two folds: see {@link checkGrowth}.
 */
export function checkLaws(trace: WorkflowTrace): readonly BrokenLaw[] {
  const broken: BrokenLaw[] = [...segmentLaws(trace)];
  const keys = new Set<string>();
  const parents = new Map<string, Step>();
  for (const step of stepsOf(trace)) {
    if (keys.has(step.key))
      broken.push({ law: 4, message: "two steps share a key", step: step.key });
    keys.add(step.key);
    parents.set(step.key, step);
    broken.push(
      ...stepLaws(trace, step, step.parent === undefined ? undefined : parents.get(step.parent)),
    );
    for (const attempt of step.attempts) {
      if (keys.has(attempt.key))
        broken.push({ law: 4, message: "two attempts share a key", step: step.key });
      keys.add(attempt.key);
    }
  }
  return broken;
}

function segmentLaws(trace: WorkflowTrace): BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const open = trace.segments.filter((segment) => !isClosed(segment));
  if (
    trace.segments.some(
      (s) => isClosed(s) !== (s.outcome !== undefined) || isClosed(s) !== (s.ended !== undefined),
    )
  ) {
    broken.push({
      law: 2,
      message: "a segment has an outcome without an end, or an end without an outcome",
    });
  }
  if (
    trace.segments.length !== trace.redrive + 1 ||
    open.length > 1 ||
    (open[0] ?? trace.segments.at(-1)) !== trace.segments.at(-1)
  ) {
    broken.push({ law: 2, message: "a segment other than the last is open" });
  }
  if (trace.outcome !== trace.segments.at(-1)?.outcome) {
    broken.push({ law: 2, message: "the run's outcome is not that of its last segment" });
  }
  return broken;
}

function isClosed(segment: Segment): boolean {
  return segment.closedBy !== undefined;
}

function stepLaws(trace: WorkflowTrace, step: Step, parent: Step | undefined): BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const add = (law: BrokenLaw["law"], message: string): void =>
    void broken.push({ law, message, step: step.key });
  const openedAfter = parent?.openedBy ?? trace.segments[0]?.openedBy ?? 0;
  if (step.openedBy < openedAfter) add(1, "a step opens before its parent");
  const parentClosed = parent === undefined ? trace.segments.at(-1)?.closedBy : parent.closedBy;
  if (parentClosed !== undefined && !((step.closedBy ?? Infinity) <= parentClosed)) {
    add(1, "a step closes after its parent");
  }
  if (step.closedBy !== undefined && step.closedBy < step.openedBy)
    add(1, "a step closes before it opens");
  if ((step.closedBy !== undefined) !== (step.outcome !== undefined))
    add(2, "a step has an outcome without an end");
  if (
    step.wait !== undefined &&
    (step.wait.outcome !== undefined) !== (step.outcome !== undefined)
  ) {
    add(2, "a wait has an outcome without an end");
  }
  broken.push(...attemptLaws(step));
  return broken;
}

function attemptLaws(step: Step): BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  let before: Attempt | undefined;
  for (const attempt of step.attempts) {
    const expected =
      before !== undefined && before.redrive === attempt.redrive ? before.number + 1 : 1;
    if (attempt.number !== expected) {
      broken.push({
        law: 3,
        message: `attempt ${attempt.number} stands where ${expected} belongs`,
        step: step.key,
      });
    }
    if (before !== undefined && before.outcome === undefined) {
      broken.push({
        law: 2,
        message: "an attempt began before the one before it ended",
        step: step.key,
      });
    }
    before = attempt;
  }
  if (step.outcome !== undefined && before !== undefined && before.outcome === undefined) {
    broken.push({ law: 2, message: "a step ended and its attempt did not", step: step.key });
  }
  return broken;
}

/**
 * Whether a trace is an earlier state of a later one (law 5: a longer history only closes or adds steps, it never
 * rewrites a closed one; what a redrive reopens is excepted). An empty list when it is.
 */
export function checkGrowth(earlier: WorkflowTrace, later: WorkflowTrace): readonly BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const grown = new Map<string, Step>();
  for (const step of stepsOf(later)) grown.set(step.key, step);
  const reopened = new Set(later.segments.slice(0, -1).map((segment) => segment.closedBy));
  for (const step of stepsOf(earlier)) {
    const now = grown.get(step.key);
    if (now === undefined) {
      broken.push({ law: 5, message: "a step vanished", step: step.key });
    } else if (
      step.closedBy !== undefined &&
      !reopened.has(step.closedBy) &&
      !sameStep(step, now)
    ) {
      broken.push({ law: 5, message: "a closed step was rewritten", step: step.key });
    } else if (
      now.openedBy !== step.openedBy ||
      now.parent !== step.parent ||
      now.name !== step.name
    ) {
      broken.push({ law: 5, message: "an open step was rewritten", step: step.key });
    }
  }
  return broken;
}

function sameStep(a: Step, b: Step): boolean {
  const own = (step: Step): string => JSON.stringify({ ...step, children: [] });
  return own(a) === own(b);
}
