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
 * 4. the keys of steps and attempts are unique in a run (ids are derived from them).
 *
 * Laws 5 and 6 speak of two folds: see {@link checkGrowth}.
 */
export function checkLaws(trace: WorkflowTrace): readonly BrokenLaw[] {
  const broken: BrokenLaw[] = segmentLaws(trace);
  const keys = new Set<string>();
  const checkKey = (key: string, step: Step): void => {
    if (keys.has(key)) broken.push({ law: 4, message: "a key is used twice", step: step.key });
    keys.add(key);
  };
  const pending: Nested[] = trace.steps.map((step) => ({ step, parent: undefined }));
  for (let nested = pending.pop(); nested !== undefined; nested = pending.pop()) {
    const { step, parent } = nested;
    checkKey(step.key, step);
    for (const attempt of step.attempts) checkKey(attempt.key, step);
    broken.push(...stepLaws(trace, step, parent), ...attemptLaws(step));
    for (const child of step.children) pending.push({ step: child, parent: step });
  }
  return broken;
}

interface Nested {
  readonly step: Step;
  readonly parent: Step | undefined;
}

function segmentLaws(trace: WorkflowTrace): BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const add = (message: string): void => void broken.push({ law: 2, message });
  const last = trace.segments.at(-1);
  for (const segment of trace.segments) {
    const closed = isClosed(segment);
    if (closed !== (segment.outcome !== undefined) || closed !== (segment.ended !== undefined))
      add("a segment has an outcome without an end, or an end without an outcome");
    if (!closed && segment !== last) add("a segment other than the last is open");
  }
  if (trace.segments.length !== trace.redrive + 1)
    add("there are not as many segments as redrives, and one");
  if (trace.outcome !== last?.outcome) add("the run's outcome is not that of its last segment");
  return broken;
}

function isClosed(segment: Segment): boolean {
  return segment.closedBy !== undefined;
}

function stepLaws(trace: WorkflowTrace, step: Step, parent: Step | undefined): BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const add = (law: BrokenLaw["law"], message: string): void =>
    void broken.push({ law, message, step: step.key });
  if (step.parent !== parent?.key) add(1, "a step stands in another step than its parent");
  const parentOpened = parent?.openedBy ?? trace.segments[0]?.openedBy ?? 0;
  if (step.openedBy < parentOpened) add(1, "a step opens before its parent");
  const parentClosed = parent === undefined ? trace.segments.at(-1)?.closedBy : parent.closedBy;
  if (parentClosed !== undefined && (step.closedBy ?? Infinity) > parentClosed)
    add(1, "a step closes after its parent");
  const closed = step.closedBy !== undefined;
  if (closed && step.closedBy < step.openedBy) add(1, "a step closes before it opens");
  if (closed !== (step.outcome !== undefined)) add(2, "a step has an outcome without an end");
  if (step.wait !== undefined && closed !== (step.wait.outcome !== undefined))
    add(2, "a wait has an outcome without an end");
  return broken;
}

function attemptLaws(step: Step): BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const add = (law: BrokenLaw["law"], message: string): void =>
    void broken.push({ law, message, step: step.key });
  let before: Attempt | undefined;
  for (const attempt of step.attempts) {
    const expected = before?.redrive === attempt.redrive ? before.number + 1 : 1;
    if (attempt.number !== expected)
      add(3, `attempt ${attempt.number} stands where ${expected} belongs`);
    if (before !== undefined && before.outcome === undefined)
      add(2, "an attempt began before the one before it ended");
    if (attempt.closedBy !== undefined && attempt.closedBy > (step.closedBy ?? Infinity))
      add(1, "an attempt ends after its step");
    before = attempt;
  }
  if (step.outcome !== undefined && before !== undefined && before.outcome === undefined)
    add(2, "a step ended and its attempt did not");
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
  for (const [index, segment] of earlier.segments.entries()) {
    if (isClosed(segment) && JSON.stringify(segment) !== JSON.stringify(later.segments[index]))
      broken.push({ law: 5, message: "a closed segment was rewritten" });
  }
  const redriven = later.segments.at(-2)?.closedBy ?? 0;
  for (const step of stepsOf(earlier)) {
    const now = grown.get(step.key);
    if (now === undefined) {
      broken.push({ law: 5, message: "a step vanished", step: step.key });
    } else if (
      step.closedBy !== undefined &&
      (step.closedBy > redriven || step.outcome === "completed") &&
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
  return JSON.stringify({ ...a, children: [] }) === JSON.stringify({ ...b, children: [] });
}
