import { closeAttempt, scheduleAttempt, startAttempt } from "./attempts.ts";
import type {
  RunClosed,
  RunRedriven,
  RunStarted,
  StepClosed,
  StepOpened,
  StepStarted,
  TaskFaulted,
  WorkflowEvent,
} from "./event.ts";
import type { RunIdentity } from "./identity.ts";
import type { WorkflowTrace } from "./model.ts";
import { stepsOf } from "./model.ts";
import type { OpenSegment, OpenStep, OpenTrace } from "./open-trace.ts";
import type { WarningLog } from "./result.ts";
import { closeLeftOpen, closeStep, reopen } from "./step-closing.ts";

const MAX_TASK_FAULTS = 100;

/** Deeper than any real nesting of Maps and Parallels; steps are walked by recursion. */
const DEEPEST = 250;

/** A run that does a saga in a loop has thousands of steps that each of its compensations may undo: the newest are named. */
export const MOST_UNDONE = 100;

/** What a fold must be told beside the events. */
export interface FoldOptions {
  /** Names of the steps that a step undoes, by its own name: `{ refund: ["reserveInventory", "chargeCard"] }`. */
  readonly compensates?: Readonly<Record<string, readonly string[]>>;
}

/** Builds the trace of one run out of its events, in any number of portions. */
export interface Fold {
  /** Takes the next event. One that fits nowhere is counted as a warning and left out. */
  apply(event: WorkflowEvent): void;
  /** The trace so far, a live view; undefined before the run's start. Plain JSON data: a copy of it is a checkpoint. */
  trace(): WorkflowTrace | undefined;
}

/**
 * Makes the fold of one run, shared by all engines, by histories and live facts. Whatever the events, the trace
 * holds the laws (laws.ts), as long as their numbers (`seq`) do not fall.
 *
 * @param from a trace that an earlier fold gave (law 6: to go on from it is the same as never to have stopped);
 *   it is taken over, so give a copy when it is still needed.
 */
export function createFold(
  identity: RunIdentity,
  options: FoldOptions,
  warnings: WarningLog,
  from?: WorkflowTrace,
): Fold {
  // A trace is the fold's own data seen read-only: what comes back from a checkpoint is that data again.
  let trace = from as OpenTrace | undefined;
  const steps = new Map<string, OpenStep>();
  if (trace !== undefined) {
    for (const step of stepsOf(trace)) steps.set(step.key, step as OpenStep);
  }

  const stepAt = (key: string | undefined): OpenStep | undefined =>
    key === undefined ? undefined : steps.get(key);

  function openStep(run: OpenTrace, event: StepOpened): void {
    if (steps.has(event.key))
      return warnings.add("step_opened_twice", `a step was opened twice: ${event.kind}`);
    const parent = openParent(run, event);
    const step: OpenStep = {
      key: event.key,
      kind: event.kind,
      name: event.name,
      id: event.id,
      scheduled: event.at,
      attempts: [],
      children: [],
      links: event.links ?? [],
      segment: run.redrive,
      openedBy: event.seq,
    };
    // Assigned, not spread: a spread for each field that may be absent would take most of a fold's time.
    if (parent !== undefined) step.parent = parent.key;
    if (event.wait !== undefined) step.wait = { ...event.wait };
    if (event.local === true) step.local = true;
    if (options.compensates !== undefined) noteUndone(step, run, options.compensates);
    steps.set(step.key, step);
    (parent?.children ?? run.steps).push(step);
  }

  /** The step that a new one stands in: the nearest open one where the named one is over. */
  function openParent(run: OpenTrace, event: StepOpened): OpenStep | undefined {
    let parent = stepAt(event.parent);
    if (parent === undefined) {
      if (event.parent !== undefined)
        warnings.add("step_without_parent", `the parent of a step is unknown: ${event.kind}`);
      return undefined;
    }
    reopen(run, parent, stepAt);
    if (parent.closedBy !== undefined)
      warnings.add("step_after_parent", `a step was opened after its parent's end: ${event.kind}`);
    while (parent?.closedBy !== undefined) parent = stepAt(parent.parent);
    if (parent === undefined || depthOf(parent) < DEEPEST) return parent;
    warnings.add("nested_too_deep", `steps nested deeper than ${DEEPEST} stand beside each other`);
    return stepAt(parent.parent);
  }

  function depthOf(step: OpenStep): number {
    let depth = 0;
    for (let it: OpenStep | undefined = step; it !== undefined; it = stepAt(it.parent)) depth += 1;
    return depth;
  }

  function applyToStep(run: OpenTrace, event: StepEvent): void {
    const step = stepAt(isOfStep(event) ? event.key : event.step);
    if (step === undefined)
      return warnings.add("event_without_step", `an event belongs to no step: ${event.type}`);
    reopen(run, step, stepAt);
    if (step.closedBy !== undefined) return afterEnd(step, event, warnings);
    switch (event.type) {
      case "step.started":
        return startStep(step, event);
      case "step.closed":
        return closeStep(step, event);
      case "attempt.scheduled":
        return scheduleAttempt(step, event, run.redrive, warnings);
      case "attempt.started":
        return startAttempt(step, event, run.redrive, warnings);
      case "attempt.closed": {
        const last = step.attempts.at(-1);
        if (last === undefined || last.outcome !== undefined)
          return warnings.add("event_without_attempt", "an attempt ended that was not open");
        // A container that failed may be tried again: what its branches left open ends with this attempt.
        if (step.kind === "map" || step.kind === "parallel")
          closeLeftOpen(step.children, event, "aborted");
        return closeAttempt(last, event);
      }
    }
  }

  function applyToRun(run: OpenTrace, event: Exclude<WorkflowEvent, RunStarted>): void {
    const segment = run.segments.at(-1);
    if (segment === undefined || segment.closedBy !== undefined) {
      if (event.type === "run.redriven") return redriveRun(run, event);
      return warnings.add("event_after_end", `an event came after the run's end: ${event.type}`);
    }
    switch (event.type) {
      case "run.closed":
        return closeRun(run, segment, event);
      case "run.redriven":
        return warnings.add("redriven_while_open", "a run was redriven that was not closed");
      case "task.faulted":
        return faultTask(run, event);
      case "step.opened":
        return openStep(run, event);
      case "step.started":
      case "step.closed":
      case "attempt.scheduled":
      case "attempt.started":
      case "attempt.closed":
        return applyToStep(run, event);
    }
  }

  return {
    apply(event) {
      if (event.type === "run.started") {
        if (trace !== undefined)
          return warnings.add("run_started_twice", "a run was started twice");
        trace = startRun(identity, event);
        return;
      }
      if (trace === undefined)
        return warnings.add("event_before_start", "an event came before the run's start");
      trace.lastEvent = Math.max(trace.lastEvent, event.seq);
      applyToRun(trace, event);
    },
    trace: () => trace,
  };
}

type StepEvent = Exclude<
  WorkflowEvent,
  RunStarted | RunClosed | RunRedriven | TaskFaulted | StepOpened
>;

function isOfStep(event: StepEvent): event is StepStarted | StepClosed {
  return event.type === "step.closed" || event.type === "step.started";
}

function startRun(identity: RunIdentity, event: RunStarted): OpenTrace {
  const run: OpenTrace = {
    engine: identity.engine,
    workflowId: identity.workflowId,
    runId: identity.runId,
    firstRunId: event.firstRunId ?? identity.runId,
    type: event.workflowType,
    namespace: identity.namespace,
    links: [...(event.links ?? [])],
    started: event.at,
    redrive: 0,
    segments: [{ started: event.at, openedBy: event.seq }],
    steps: [],
    taskFaults: [],
    attributes: event.attributes ?? {},
    degraded: event.degraded ?? false,
    lastEvent: event.seq,
  };
  if (event.taskQueue !== undefined) run.taskQueue = event.taskQueue;
  if (event.parentWorkflowId !== undefined) run.parentWorkflowId = event.parentWorkflowId;
  if (event.rootWorkflowId !== undefined) run.rootWorkflowId = event.rootWorkflowId;
  return run;
}

function closeRun(run: OpenTrace, segment: OpenSegment, event: RunClosed): void {
  closeLeftOpen(run.steps, event, "abandoned");
  segment.ended = run.ended = event.at;
  segment.outcome = run.outcome = event.outcome;
  if (event.failure !== undefined) segment.failure = run.failure = event.failure;
  segment.closedBy = event.seq;
  if (event.links !== undefined) run.links.push(...event.links);
}

function redriveRun(run: OpenTrace, event: RunRedriven): void {
  run.redrive += 1;
  run.segments.push({ started: event.at, openedBy: event.seq });
  delete run.ended;
  delete run.outcome;
  delete run.failure;
}

function faultTask(run: OpenTrace, event: TaskFaulted): void {
  if (run.taskFaults.length < MAX_TASK_FAULTS)
    run.taskFaults.push({ at: event.at, cause: event.cause });
}

function startStep(step: OpenStep, event: StepStarted): void {
  step.started ??= event.at;
  if (event.kind !== undefined) step.kind = event.kind;
  if (event.links !== undefined) step.links = [...step.links, ...event.links];
}

function afterEnd(step: OpenStep, event: StepEvent, warnings: WarningLog): void {
  if (event.type === "step.closed") {
    // Step Functions writes some aborts after the failure that caused them has closed everything.
    if (event.outcome === "aborted") return;
    return warnings.add("step_closed_twice", `a step was closed twice: ${step.kind}`);
  }
  warnings.add("event_after_step", `an event came after its step's end: ${event.type}`);
}

/** Notes what a step undoes, when it is a compensation, and the failure that made it necessary. */
function noteUndone(
  step: OpenStep,
  run: OpenTrace,
  compensates: NonNullable<FoldOptions["compensates"]>,
): void {
  const names = Object.hasOwn(compensates, step.name) ? compensates[step.name] : undefined;
  if (names === undefined) return;
  const undone: string[] = [];
  for (const before of stepsOf(run)) {
    if (before.outcome === "completed" && names.includes(before.name)) undone.push(before.key);
    if (before.outcome === "failed" || before.outcome === "timed_out")
      step.compensationOf = before.key;
  }
  step.compensates = undone.slice(-MOST_UNDONE);
}
