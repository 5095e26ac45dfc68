import { businessKeys } from "../core/business-keys.ts";
import type { WorkflowEvent } from "../core/event.ts";
import { stateAttemptKey } from "../core/ids.ts";
import type { Failure, RunOutcome, StepKind, StepOutcome } from "../core/model.ts";
import type { WarningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { parseExecutionArn } from "./arn.ts";
import { detailsOf, type EventDetails, type HistoryEvent } from "./history-event.ts";
import { failureOf } from "./history-failure.ts";
import { type Frame, newest, outwards, push, type Scopes } from "./scope.ts";

/** One event on its way from the engine's words to the neutral ones. */
interface Arrival {
  readonly event: HistoryEvent;
  readonly details: EventDetails;
  readonly at: number;
  /** Frame that the event before it stands in; a handler gives back the frame of the event itself. */
  readonly scope: number;
}

/** Maps the events of one execution, in the order of their ids, by the pairing rules of ARCHITECTURE.md. */
export interface EventMapping {
  /** The neutral events that a history event says; none for one that is plumbing or unknown. */
  map(event: HistoryEvent, at: number): WorkflowEvent[];
}

type Handler = (arrival: Arrival, emit: (event: WorkflowEvent) => void) => number;

const STATE_KINDS: Readonly<Record<string, StepKind>> = {
  Task: "activity",
  Choice: "choice",
  Wait: "wait",
  Parallel: "parallel",
  Map: "map",
};

/** Event types that say nothing which another event does not say better. */
const PLUMBING = /^(MapRun(Started|Redriven|Succeeded|Aborted)|\w+StateAborted)$/;

/** Makes the mapping of one execution; `scopes` is its whole state, plain JSON data, and goes into checkpoints. */
export function createEventMapping(
  executionArn: string,
  options: TraceOptions,
  warnings: WarningLog,
  scopes: Scopes,
): EventMapping {
  const { frames } = scopes;
  const rootOf = frames[0];
  let redrive = rootOf?.redrive ?? 0;
  const attemptKeys = new Map<string, number>();
  for (const frame of frames)
    if (frame.kind === "attempt" && frame.key !== undefined)
      countKey(frame.key.replace(/#~\d+$/, ""));

  function countKey(key: string): number {
    const count = (attemptKeys.get(key) ?? 0) + 1;
    attemptKeys.set(key, count);
    return count;
  }

  const frameAt = (index: number): Frame =>
    frames[index] ?? { kind: "root", parent: -1, name: "", open: false };

  /** Key of the step around a frame: containers and attempts are no steps. */
  function stepAround(index: number): string | undefined {
    return frames[
      outwards(scopes, index, (frame) => frame.kind === "state" || frame.kind === "iteration")
    ]?.key;
  }

  /** The frame outwards that fits; the newest one that does where the history's own chain is broken. */
  function findFrame(scope: number, type: string, fits: (frame: Frame) => boolean): number {
    const found = outwards(scopes, scope, fits);
    if (found >= 0) return found;
    const guessed = newest(scopes, fits);
    warnings.add(
      guessed < 0 ? "unpaired_event" : "guessed_pair",
      `${type} does not follow from the event before it`,
    );
    return guessed;
  }

  const started: Handler = ({ event, details, at }, emit) => {
    const arn = parseExecutionArn(executionArn);
    emit({
      type: "run.started",
      at,
      seq: event.id,
      workflowType: arn?.stateMachine ?? "execution",
      attributes: businessKeys(
        options.businessKeys,
        () => ({ input: JSON.parse(details.input ?? "null"), memo: {}, searchAttributes: {} }),
        warnings,
      ),
      ...(event.previousEventId === undefined && { degraded: true }),
    });
    return 0;
  };

  const entered: Handler = ({ event, details, at, scope }, emit) => {
    const around = outwards(
      scopes,
      scope,
      (frame) => frame.kind !== "state" && frame.kind !== "attempt",
    );
    const stateType = event.type.slice(0, -"StateEntered".length);
    const kind = STATE_KINDS[stateType] ?? "pass";
    const name = details.name ?? stateType;
    const key = `${kind === "wait" ? "wait" : "state"}/${event.id}`;
    const parent = stepAround(around);
    const mapIndex = frameAt(around).index ?? frameAt(around).mapIndex;
    emit({
      type: "step.opened",
      at,
      seq: event.id,
      key,
      kind,
      name,
      id: String(event.id),
      ...(parent !== undefined && { parent }),
      ...(kind === "wait" && { wait: { kind: "timer" as const } }),
    });
    // A Fail state has no exit. It did what it is there for: the failure is the run's.
    if (stateType === "Fail")
      emit({ type: "step.closed", at, seq: event.id, key, outcome: "completed" });
    return push(scopes, {
      kind: "state",
      parent: Math.max(around, 0),
      name,
      key,
      stateType,
      entered: at,
      enteredBy: event.id,
      open: stateType !== "Fail",
      ...(mapIndex !== undefined && { mapIndex }),
    });
  };

  const containerStarted =
    (stateType: string): Handler =>
    ({ event, at, scope }, emit) => {
      const index = findFrame(
        scope,
        event.type,
        (f) => f.kind === "state" && f.stateType === stateType && f.open,
      );
      const state = frameAt(index);
      if (state.key === undefined) return scope;
      const unfinished = newest(
        scopes,
        (f) => f.kind === "container" && f.parent === index && f.open,
      );
      if (unfinished > 0) {
        // A container's retry has no event for the end of the attempt before it: the inner failure was its end.
        frameAt(unfinished).open = false;
        const inner = frameAt(outwards(scopes, scope, (frame) => frame.failure !== undefined));
        emit({
          type: "attempt.closed",
          at: inner.failedAt ?? at,
          seq: event.id,
          step: state.key,
          outcome: "failed",
          ...(inner.failure !== undefined && { failure: inner.failure }),
        });
      }
      const number = nextAttempt(state);
      const key = `${state.key}#${redrive === 0 ? "" : `${redrive}#`}${number}`;
      emit({ type: "attempt.scheduled", at, seq: event.id, step: state.key, key });
      emit({ type: "attempt.started", at, seq: event.id, step: state.key });
      return push(scopes, {
        kind: "container",
        parent: index,
        name: state.name,
        stateType,
        open: true,
        ...(state.mapIndex !== undefined && { mapIndex: state.mapIndex }),
      });
    };

  const containerEnded =
    (stateType: string, outcome: StepOutcome): Handler =>
    (arrival, emit) => {
      const { event, details, at, scope } = arrival;
      const index = outwards(
        scopes,
        scope,
        (f) => f.kind === "container" && f.stateType === stateType && f.open,
      );
      const container = frameAt(index);
      const state = frameAt(
        index >= 0
          ? container.parent
          : findFrame(
              scope,
              event.type,
              (f) => f.kind === "state" && f.stateType === stateType && f.open,
            ),
      );
      if (state.key === undefined) return scope;
      const failure =
        outcome === "completed"
          ? undefined
          : failureOf(
              details,
              innerFailure(scope)?.type ?? "States.TaskFailed",
              options.failureMessages,
            );
      setFailure(state, failure, at);
      // A container may fail before it starts (an item reader, a bad items path): then there is no attempt to end.
      if (index < 0) return scope;
      if (failure !== undefined) closeFailedChain(scope, index, arrival, emit);
      container.open = false;
      emit({
        type: "attempt.closed",
        at,
        seq: event.id,
        step: state.key,
        outcome,
        ...(failure !== undefined && { failure }),
      });
      return container.parent;
    };

  /** The failure that a container's failure follows from. */
  function innerFailure(scope: number): Failure | undefined {
    return frames[outwards(scopes, scope, (frame) => frame.failure !== undefined)]?.failure;
  }

  const iterationStarted: Handler = ({ event, details, at, scope }, emit) => {
    const container = findFrame(
      scope,
      event.type,
      (f) => f.kind === "container" && f.name === details.name && f.open,
    );
    const parent = stepAround(container);
    if (container < 0 || parent === undefined) return scope;
    const key = `iteration/${event.id}`;
    const index = details.index ?? 0;
    emit({
      type: "step.opened",
      at,
      seq: event.id,
      key,
      parent,
      kind: "iteration",
      name: `${details.name ?? ""}[${index}]`,
      id: String(event.id),
    });
    return push(scopes, {
      kind: "iteration",
      parent: container,
      name: details.name ?? "",
      key,
      index,
      open: true,
    });
  };

  const iterationEnded =
    (outcome: StepOutcome): Handler =>
    (arrival, emit) => {
      const { event, details, at, scope } = arrival;
      const fits = (f: Frame): boolean =>
        f.kind === "iteration" && f.name === details.name && f.index === details.index;
      const chained = outwards(scopes, scope, fits);
      // An aborted iteration stands on the chain of the sibling that failed: look it up.
      const found = chained >= 0 ? chained : newest(scopes, (f) => fits(f) && f.open);
      const iteration = frameAt(found);
      if (iteration.key === undefined) return scope;
      if (chained >= 0 && outcome === "failed") closeFailedChain(scope, found, arrival, emit);
      iteration.open = false;
      const failure = outcome === "failed" ? innerFailure(scope) : undefined;
      emit({
        type: "step.closed",
        at,
        seq: event.id,
        key: iteration.key,
        outcome,
        ...(failure !== undefined && { failure }),
      });
      return chained >= 0 ? found : scope;
    };

  const scheduled: Handler = ({ event, details, at, scope }, emit) => {
    const index = findFrame(scope, event.type, (f) => f.kind === "state");
    const state = frameAt(index);
    if (state.key === undefined) return scope;
    const number = nextAttempt(state);
    const wanted = stateAttemptKey({
      state: state.name,
      enteredTime: state.entered ?? at,
      retry: number - 1,
      redrive,
      ...(state.mapIndex !== undefined && { mapIndex: state.mapIndex }),
    });
    const count = countKey(wanted);
    const key = count === 1 ? wanted : `${wanted}#~${count}`;
    emit({
      type: "step.started",
      at,
      seq: event.id,
      key: state.key,
      kind: taskKind(event, details),
    });
    emit({ type: "attempt.scheduled", at, seq: event.id, step: state.key, key });
    return push(scopes, {
      kind: "attempt",
      parent: index,
      name: state.name,
      key,
      open: true,
      awaitsToken: details.resource?.endsWith(".waitForTaskToken") === true,
      ...(details.timeoutInSeconds !== undefined && {
        deadline: at + Number(details.timeoutInSeconds) * 1000,
      }),
    });
  };

  function nextAttempt(state: Frame): number {
    state.attempts = state.redrive === redrive ? (state.attempts ?? 0) + 1 : 1;
    state.redrive = redrive;
    delete state.failure;
    return state.attempts;
  }

  const attemptStarted: Handler = ({ event, at, scope }, emit) => {
    const step = stepAround(scope);
    if (step !== undefined) emit({ type: "attempt.started", at, seq: event.id, step });
    return scope;
  };

  const submitted: Handler = ({ event, details, at, scope }, emit) => {
    const index = outwards(scopes, scope, (f) => f.kind === "attempt");
    const attempt = frameAt(index);
    const step = stepAround(index);
    if (!attempt.open || step === undefined) return scope;
    if (attempt.awaitsToken === true) {
      const requestId = requestIdIn(details);
      emit({
        type: "attempt.closed",
        at,
        seq: event.id,
        step,
        outcome: "completed",
        ...(requestId !== undefined && { requestId }),
      });
      openWait(attempt, step, `wait/${event.id}`, event.id, at, emit);
    } else {
      const child = executionIn(details);
      if (child !== undefined) {
        emit({
          type: "step.started",
          at,
          seq: event.id,
          key: step,
          links: [{ relation: "child", engine: "aws_step_functions", runId: child }],
        });
      }
    }
    return scope;
  };

  function openWait(
    attempt: Frame,
    step: string,
    key: string,
    seq: number,
    at: number,
    emit: (event: WorkflowEvent) => void,
  ): void {
    attempt.wait = key;
    const names = options.waits ?? {};
    emit({
      type: "step.opened",
      at,
      seq,
      key,
      parent: step,
      kind: "wait",
      name: (Object.hasOwn(names, attempt.name) ? names[attempt.name] : undefined) ?? attempt.name,
      id: String(seq),
      wait: {
        kind: "task_token",
        ...(attempt.deadline !== undefined && { deadline: attempt.deadline }),
      },
    });
  }

  const attemptEnded =
    (outcome: StepOutcome, fallback: string, delivery: boolean): Handler =>
    ({ event, details, at, scope }, emit) => {
      const index = findFrame(scope, event.type, (f) => f.kind === "attempt");
      const attempt = frameAt(index);
      const state = frameAt(attempt.parent);
      const step = stepAround(index);
      if (!attempt.open || step === undefined) return scope;
      attempt.open = false;
      const failure =
        outcome === "completed" ? undefined : failureOf(details, fallback, options.failureMessages);
      setFailure(state, failure, at);
      const failed = failure !== undefined && { failure };
      if (
        attempt.awaitsToken === true &&
        attempt.wait === undefined &&
        outcome === "completed" &&
        !delivery
      ) {
        // The answer overtook the delivery's own end: both are over.
        emit({ type: "attempt.closed", at, seq: event.id, step, outcome: "completed" });
        openWait(attempt, step, `wait/${state.enteredBy ?? event.id}`, event.id, at, emit);
      }
      if (attempt.wait !== undefined) {
        const waitOutcome =
          outcome === "completed" ? "resolved" : outcome === "timed_out" ? "elapsed" : "failed";
        const stepOutcome = waitOutcome === "failed" ? "failed" : "completed";
        emit({
          type: "step.closed",
          at,
          seq: event.id,
          key: attempt.wait,
          outcome: stepOutcome,
          wait: { outcome: waitOutcome },
          ...failed,
        });
      } else {
        const requestId = requestIdIn(details);
        emit({
          type: "attempt.closed",
          at,
          seq: event.id,
          step,
          outcome,
          ...failed,
          ...(requestId !== undefined && { requestId }),
        });
      }
      return attempt.parent;
    };

  function setFailure(state: Frame, failure: Failure | undefined, at: number): void {
    if (failure === undefined) {
      delete state.failure;
      return;
    }
    state.failure = failure;
    state.failedAt = at;
  }

  const exited: Handler = ({ event, details, at, scope }, emit) => {
    const index = findFrame(
      scope,
      event.type,
      (f) => f.kind === "state" && f.name === details.name && f.open,
    );
    const state = frameAt(index);
    if (state.key === undefined) return scope;
    state.open = false;
    const { failure } = state;
    emit({
      type: "step.closed",
      at,
      seq: event.id,
      key: state.key,
      outcome: failure === undefined ? "completed" : outcomeOf(failure),
      ...(failure !== undefined && { failure }),
      ...(state.stateType === "Wait" && { wait: { outcome: "elapsed" as const } }),
    });
    return index;
  };

  const evaluationFailed: Handler = ({ details, at, scope }) => {
    // Its previous event is the one before the state's entry: only the details name the state.
    const index = newest(scopes, (f) => f.kind === "state" && f.open && f.name === details.state);
    if (index < 0) return scope;
    setFailure(frameAt(index), failureOf(details, "States.Runtime", options.failureMessages), at);
    return index;
  };

  const stateAborted =
    (stateType: string): Handler =>
    ({ event, at, scope }, emit) => {
      const container = outwards(scopes, scope, (f) => f.kind === "container" && f.open);
      const within = (f: Frame): boolean =>
        f.kind === "state" && f.open && f.stateType === stateType && f.key !== undefined;
      const inside = newest(scopes, (f) => within(f) && isInside(f, container) && !isOver(f));
      const state = frameAt(inside);
      if (state.key === undefined) return scope;
      state.open = false;
      const { failure } = state;
      emit({
        type: "step.closed",
        at,
        seq: event.id,
        key: state.key,
        outcome: failure === undefined ? "aborted" : outcomeOf(failure),
        ...(failure !== undefined && { failure }),
      });
      return scope;
    };

  /** Whether an iteration or a container around a frame has ended, and its states with it. */
  function isOver(frame: Frame): boolean {
    return (
      outwards(
        scopes,
        frame.parent,
        (f) => (f.kind === "iteration" || f.kind === "container") && !f.open,
      ) >= 0
    );
  }

  /** Closes the states between a failure and what it ends: an uncaught failure has no exit. */
  function closeFailedChain(
    from: number,
    until: number,
    { event, at }: Arrival,
    emit: (event: WorkflowEvent) => void,
    container?: Failure,
  ): void {
    for (let index = from; index > 0 && index !== until; index = frameAt(index).parent) {
      const frame = frameAt(index);
      if (frame.kind !== "state" || !frame.open || frame.key === undefined || isOver(frame))
        continue;
      const own =
        frame.failure ??
        (frame.stateType === "Map" || frame.stateType === "Parallel" ? container : undefined);
      if (own !== undefined)
        emit({
          type: "step.closed",
          at,
          seq: event.id,
          key: frame.key,
          outcome: outcomeOf(own),
          failure: own,
        });
    }
  }

  function isInside(frame: Frame, container: number): boolean {
    return container < 0 || outwards(scopes, frame.parent, (f) => f === frames[container]) >= 0;
  }

  const ended =
    (outcome: RunOutcome): Handler =>
    (arrival, emit) => {
      const { event, details, at, scope } = arrival;
      const failure =
        outcome === "failed" ? failureOf(details, "Error", options.failureMessages) : undefined;
      if (failure !== undefined) {
        // A runtime error names its state only in the cause; other uncaught failures stand on the chain.
        const named = /entered at the event id #(\d+)/.exec(details.cause ?? "")?.[1];
        const state =
          named === undefined
            ? -1
            : newest(scopes, (f) => f.kind === "state" && f.enteredBy === Number(named));
        if (state > 0) setFailure(frameAt(state), frameAt(state).failure ?? failure, at);
        closeFailedChain(state > 0 ? state : scope, 0, arrival, emit, failure);
      }
      emit({
        type: "run.closed",
        at,
        seq: event.id,
        outcome,
        ...(failure !== undefined && { failure }),
      });
      return scope;
    };

  const redriven: Handler = ({ event, at, scope }, emit) => {
    redrive += 1;
    if (rootOf !== undefined) rootOf.redrive = redrive;
    emit({ type: "run.redriven", at, seq: event.id });
    return scope;
  };

  const handlers = buildHandlers();
  function buildHandlers(): ReadonlyMap<string, Handler> {
    const map = new Map<string, Handler>([
      ["ExecutionStarted", started],
      ["ExecutionRedriven", redriven],
      ["ExecutionSucceeded", ended("completed")],
      ["ExecutionFailed", ended("failed")],
      ["ExecutionTimedOut", ended("timed_out")],
      ["ExecutionAborted", ended("aborted")],
      ["MapIterationStarted", iterationStarted],
      ["MapIterationSucceeded", iterationEnded("completed")],
      ["MapIterationFailed", iterationEnded("failed")],
      ["MapIterationAborted", iterationEnded("aborted")],
      [
        "MapRunFailed",
        ({ details, at, scope }) => {
          const state = frameAt(outwards(scopes, scope, (f) => f.kind === "state"));
          setFailure(state, failureOf(details, "States.TaskFailed", options.failureMessages), at);
          return scope;
        },
      ],
      ["EvaluationFailed", evaluationFailed],
      ["TaskSubmitted", submitted],
    ]);
    for (const type of ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"]) {
      map
        .set(`${type}StateEntered`, entered)
        .set(`${type}StateExited`, exited)
        .set(`${type}StateAborted`, stateAborted(type));
    }
    for (const type of ["Map", "Parallel"]) {
      map.set(`${type}StateStarted`, containerStarted(type));
      map.set(`${type}StateSucceeded`, containerEnded(type, "completed"));
      map.set(`${type}StateFailed`, containerEnded(type, "failed"));
    }
    for (const type of ["Task", "LambdaFunction", "Activity"]) {
      map.set(`${type}Scheduled`, scheduled).set(`${type}Started`, attemptStarted);
      map.set(`${type}Succeeded`, attemptEnded("completed", "", false));
      map.set(`${type}Failed`, attemptEnded("failed", "States.TaskFailed", false));
      map.set(`${type}TimedOut`, attemptEnded("timed_out", "States.Timeout", false));
      for (const stage of ["Schedule", "Start", "Submit"]) {
        map.set(`${type}${stage}Failed`, attemptEnded("failed", "States.TaskFailed", true));
      }
    }
    return map;
  }

  return {
    map(event, at) {
      const out: WorkflowEvent[] = [];
      const scope = scopes.ofEvent[event.previousEventId ?? event.id - 1] ?? 0;
      const handler = handlers.get(event.type);
      if (handler === undefined && !PLUMBING.test(event.type)) {
        warnings.add("unknown_event", `unknown event type ${String(event.type).slice(0, 64)}`);
      }
      const arrival: Arrival = { event, details: detailsOf(event), at, scope };
      scopes.ofEvent[event.id] =
        handler === undefined ? scope : handler(arrival, (neutral) => out.push(neutral));
      return out;
    },
  };
}

/** States' own time-out (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html). */
function outcomeOf(failure: Failure): StepOutcome {
  return failure.type === "States.Timeout" || failure.type === "States.HeartbeatTimeout"
    ? "timed_out"
    : "failed";
}

function taskKind(event: HistoryEvent, details: EventDetails): StepKind {
  if (event.type === "LambdaFunctionScheduled" || details.resourceType === "lambda")
    return "lambda";
  return details.resourceType === "states" &&
    details.resource?.startsWith("startExecution") === true
    ? "child_workflow"
    : "activity";
}

/** Where the SDK integration puts the request id into a state's output; nothing else of the output is looked at. */
function requestIdIn(details: EventDetails): string | undefined {
  return details.resourceType === "lambda"
    ? /"SdkResponseMetadata":\{"RequestId":"([\w-]{1,64})"/.exec(details.output ?? "")?.[1]
    : undefined;
}

/** ARN of the child execution in the output of a `states:startExecution` task. */
function executionIn(details: EventDetails): string | undefined {
  return details.resourceType === "states"
    ? /"ExecutionArn":"(arn:[^"]{1,1000})"/.exec(details.output ?? "")?.[1]
    : undefined;
}
