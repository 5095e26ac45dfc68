import type {
  AttemptClosed,
  AttemptScheduled,
  AttemptStarted,
  RunClosed,
  RunRedriven,
  RunStarted,
  StepClosed,
  StepOpened,
  StepStarted,
  WorkflowEvent,
} from "./event.ts";
import type { RunIdentity } from "./identity.ts";
import type { Attempt, Segment, Step, Wait, WorkflowTrace } from "./model.ts";
import { stepsOf } from "./model.ts";
import type { WarningLog } from "./result.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OpenAttempt = Mutable<Attempt>;
type OpenWait = Mutable<Wait>;
interface OpenStep extends Mutable<Omit<Step, "attempts" | "children" | "wait">> {
  attempts: OpenAttempt[];
  children: OpenStep[];
  wait?: OpenWait;
}
interface OpenTrace
  extends Mutable<Omit<WorkflowTrace, "steps" | "segments" | "taskFaults" | "links">> {
  steps: OpenStep[];
  segments: Mutable<Segment>[];
  taskFaults: WorkflowTrace["taskFaults"][number][];
  links: WorkflowTrace["links"][number][];
}

const MAX_TASK_FAULTS = 100;

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
 * Makes the fold of one run, shared by all engines, by histories and live facts.
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

  function startRun(event: RunStarted): void {
    if (trace !== undefined) return warnings.add("run_started_twice", "a run was started twice");
    trace = {
      engine: identity.engine,
      workflowId: identity.workflowId,
      runId: identity.runId,
      firstRunId: event.firstRunId ?? identity.runId,
      type: event.workflowType,
      namespace: identity.namespace,
      ...(event.taskQueue !== undefined && { taskQueue: event.taskQueue }),
      ...(event.parentWorkflowId !== undefined && { parentWorkflowId: event.parentWorkflowId }),
      ...(event.rootWorkflowId !== undefined && { rootWorkflowId: event.rootWorkflowId }),
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
  }

  function closeRun(run: OpenTrace, event: RunClosed): void {
    const segment = run.segments.at(-1);
    if (segment === undefined || segment.closedBy !== undefined) {
      return warnings.add("run_closed_twice", "a run was closed twice");
    }
    closeLeftOpen(run.steps, event, "abandoned");
    segment.ended = run.ended = event.at;
    segment.outcome = run.outcome = event.outcome;
    if (event.failure !== undefined) segment.failure = run.failure = event.failure;
    segment.closedBy = event.seq;
    run.links.push(...(event.links ?? []));
  }

  function redrive(run: OpenTrace, event: RunRedriven): void {
    run.redrive += 1;
    run.segments.push({ started: event.at, openedBy: event.seq });
    delete run.ended;
    delete run.outcome;
    delete run.failure;
  }

  function openStep(run: OpenTrace, event: StepOpened): void {
    if (steps.has(event.key))
      return warnings.add("step_opened_twice", `a step was opened twice: ${event.kind}`);
    const parent = event.parent === undefined ? undefined : steps.get(event.parent);
    if (parent !== undefined) reopen(run, parent);
    const undone = undoneBy(run, event.name);
    const step: OpenStep = {
      key: event.key,
      kind: event.kind,
      name: event.name,
      id: event.id,
      ...(parent !== undefined && { parent: parent.key }),
      scheduled: event.at,
      attempts: [],
      children: [],
      ...(event.wait !== undefined && { wait: { ...event.wait } }),
      ...undone,
      links: event.links ?? [],
      ...(event.local === true && { local: true }),
      segment: run.redrive,
      openedBy: event.seq,
    };
    steps.set(step.key, step);
    (parent?.children ?? run.steps).push(step);
  }

  function undoneBy(run: OpenTrace, name: string): Pick<Step, "compensates" | "compensationOf"> {
    const names = Object.hasOwn(options.compensates ?? {}, name)
      ? options.compensates?.[name]
      : undefined;
    if (names === undefined) return {};
    const compensates: string[] = [];
    let failed: Step | undefined;
    for (const step of stepsOf(run)) {
      if (step.outcome === "completed" && names.includes(step.name)) compensates.push(step.key);
      if (step.outcome === "failed" || step.outcome === "timed_out") failed = step;
    }
    return { compensates, ...(failed !== undefined && { compensationOf: failed.key }) };
  }

  /** A redriven run takes up steps that only the end of the segment before had closed. */
  function reopen(run: OpenTrace, step: OpenStep): void {
    const before = run.segments.at(-2)?.closedBy;
    if (before === undefined || step.closedBy !== before) return;
    delete step.closedBy;
    delete step.ended;
    delete step.outcome;
    delete step.failure;
    if (step.wait !== undefined) delete step.wait.outcome;
    const parent = step.parent === undefined ? undefined : steps.get(step.parent);
    if (parent !== undefined) reopen(run, parent);
  }

  function startStep(step: OpenStep, event: StepStarted): void {
    step.started ??= event.at;
    if (event.kind !== undefined) step.kind = event.kind;
    if (event.links !== undefined) step.links = [...step.links, ...event.links];
  }

  /**
   * Closes what is open when its parent, or the run, ends without a word of its own about it: as failed where its
   * last attempt failed (an uncaught failure has no event of its own), else as given.
   */
  function closeLeftOpen(
    open: readonly OpenStep[],
    event: WorkflowEvent,
    outcome: "abandoned" | "aborted",
  ): void {
    for (const step of open) {
      if (step.closedBy !== undefined) continue;
      const last = step.attempts.at(-1);
      const failed = last?.outcome === "failed" || last?.outcome === "timed_out" ? last : undefined;
      closeStep(step, {
        type: "step.closed",
        at: event.at,
        seq: event.seq,
        key: step.key,
        outcome: failed?.outcome ?? outcome,
        ...(failed?.failure !== undefined && { failure: failed.failure }),
      });
    }
  }

  function closeStep(step: OpenStep, event: StepClosed): void {
    if (step.closedBy !== undefined) {
      // Step Functions writes some aborts after the failure that caused them has closed everything.
      if (event.outcome === "aborted") return;
      return warnings.add("step_closed_twice", `a step was closed twice: ${step.kind}`);
    }
    closeLeftOpen(step.children, event, event.outcome === "abandoned" ? "abandoned" : "aborted");
    const last = step.attempts.at(-1);
    if (last !== undefined && last.outcome === undefined) {
      closeAttempt(last, { ...event, type: "attempt.closed", step: step.key });
    }
    step.ended = event.at;
    step.outcome = event.outcome;
    step.closedBy = event.seq;
    if (event.failure !== undefined) step.failure = event.failure;
    if (step.wait !== undefined) {
      step.wait = { ...step.wait, ...(event.wait ?? { outcome: "abandoned" }) };
    }
  }

  function scheduleAttempt(run: OpenTrace, step: OpenStep, event: AttemptScheduled): void {
    reopen(run, step);
    const before = step.attempts.at(-1);
    const number = before !== undefined && before.redrive === run.redrive ? before.number + 1 : 1;
    step.attempts.push({
      key: event.key ?? `${step.key}#${number}`,
      number,
      redrive: run.redrive,
      scheduled: event.at,
      ...(number > 1 && before?.ended !== undefined && { backoff: event.at - before.ended }),
      observed: "full",
    });
  }

  function startAttempt(run: OpenTrace, step: OpenStep, event: AttemptStarted): void {
    let last = step.attempts.at(-1);
    const number = event.number ?? last?.number ?? 1;
    while (last === undefined || last.number < number) {
      if (last !== undefined) {
        last.outcome = "failed";
        last.observed = "count";
        if (last.number === number - 1 && event.lastFailure !== undefined) {
          last.observed = "failure";
          last.failure = event.lastFailure;
        }
      }
      const next: number = (last?.number ?? 0) + 1;
      last = { key: `${step.key}#${next}`, number: next, redrive: run.redrive, observed: "full" };
      step.attempts.push(last);
    }
    last.started = event.at;
    step.started ??= event.at;
  }

  function closeAttempt(attempt: OpenAttempt, event: AttemptClosed): void {
    attempt.ended = event.at;
    attempt.outcome = event.outcome;
    attempt.closedBy = event.seq;
    if (event.failure !== undefined) attempt.failure = event.failure;
    if (event.requestId !== undefined) attempt.requestId = event.requestId;
  }

  function applyToStep(
    run: OpenTrace,
    event: StepStarted | StepClosed | AttemptScheduled | AttemptStarted | AttemptClosed,
  ): void {
    const step = steps.get("step" in event ? event.step : event.key);
    if (step === undefined)
      return warnings.add("event_without_step", `an event belongs to no step: ${event.type}`);
    switch (event.type) {
      case "step.started":
        return startStep(step, event);
      case "step.closed":
        reopen(run, step);
        return closeStep(step, event);
      case "attempt.scheduled":
        return scheduleAttempt(run, step, event);
      case "attempt.started":
        return startAttempt(run, step, event);
      case "attempt.closed": {
        const last = step.attempts.at(-1);
        if (last === undefined || last.outcome !== undefined) {
          return warnings.add("event_without_attempt", "an attempt ended that was not open");
        }
        // A container that failed may be tried again: what its branches left open ends with this attempt.
        if (step.kind === "map" || step.kind === "parallel")
          closeLeftOpen(step.children, event, "aborted");
        return closeAttempt(last, event);
      }
    }
  }

  return {
    apply(event) {
      if (event.type === "run.started") return startRun(event);
      if (trace === undefined)
        return warnings.add("event_before_start", "an event came before the run's start");
      trace.lastEvent = Math.max(trace.lastEvent, event.seq);
      switch (event.type) {
        case "run.closed":
          return closeRun(trace, event);
        case "run.redriven":
          return redrive(trace, event);
        case "task.faulted":
          if (trace.taskFaults.length < MAX_TASK_FAULTS)
            trace.taskFaults.push({ at: event.at, cause: event.cause });
          return;
        case "step.opened":
          return openStep(trace, event);
        default:
          return applyToStep(trace, event);
      }
    },
    trace: () => trace,
  };
}
