import type { AttemptClosed, StepClosed } from "../../core/event.ts";
import { stateAttemptKey } from "../../core/ids.ts";
import type { StepKind, StepOutcome } from "../../core/model.ts";
import type { Mutable } from "../../core/open-trace.ts";
import type { EventDetails, HistoryEvent } from "../history-event.ts";
import {
  type Arrival,
  type Emit,
  findFrame,
  frameAt,
  type Handler,
  type Handlers,
  type MappingContext,
  nextAttempt,
  redrives,
  reopen,
  setFailure,
  stepAround,
} from "./context.ts";
import { failureOf } from "./history-failure.ts";
import { type Frame, outwards, push, type Scopes } from "./scope.ts";

const attemptScheduled: Handler = (context, arrival, emit) => {
  const { event, details, at, scope } = arrival;
  const index = findFrame(context, scope, event.type, (f) => f.kind === "state");
  const state = frameAt(context, index);
  if (state.key === undefined) return scope;
  reopen(context, index, arrival, emit);
  const number = nextAttempt(context, state);
  const wanted = stateAttemptKey({
    state: state.name,
    enteredTime: state.entered ?? at,
    retry: number - 1,
    redrive: redrives(context),
    ...(state.mapIndex !== undefined && { mapIndex: state.mapIndex }),
  });
  const key = freeKey(context, wanted);
  const kind = taskKind(event, details);
  emit({ type: "step.started", at, seq: event.id, key: state.key, kind });
  emit({ type: "attempt.scheduled", at, seq: event.id, step: state.key, key });
  const frame: Mutable<Frame> = {
    kind: "attempt",
    parent: index,
    name: state.name,
    key,
    open: true,
    awaitsToken: details.resource?.endsWith(".waitForTaskToken") === true,
  };
  if (details.timeoutInSeconds !== undefined) frame.deadline = at + details.timeoutInSeconds * 1000;
  return push(context.scopes, frame);
};

/** The key, or where an attempt took it before (nested Maps, one millisecond) the key with a number. */
function freeKey({ attemptKeys }: MappingContext, wanted: string): string {
  const times = (attemptKeys.get(wanted) ?? 0) + 1;
  attemptKeys.set(wanted, times);
  return times === 1 ? wanted : `${wanted}#~${times}`;
}

/** The keys that the attempts of an execution took so far, as its scopes tell them. */
export function takenAttemptKeys({ frames }: Scopes): Map<string, number> {
  const taken = new Map<string, number>();
  for (const { kind, key } of frames) {
    if (kind !== "attempt" || key === undefined) continue;
    const wanted = key.replace(/#~\d+$/, "");
    taken.set(wanted, (taken.get(wanted) ?? 0) + 1);
  }
  return taken;
}

function isOpenAttempt(frame: Frame): boolean {
  return frame.kind === "attempt" && frame.open;
}

const attemptStarted: Handler = (context, { event, at, scope }, emit) => {
  const index = findFrame(context, scope, event.type, isOpenAttempt);
  const step = index < 0 ? undefined : stepAround(context, index);
  if (step !== undefined) emit({ type: "attempt.started", at, seq: event.id, step });
  return index < 0 ? scope : index;
};

const submitted: Handler = (context, arrival, emit) => {
  const { event, details, at, scope } = arrival;
  const index = outwards(context.scopes, scope, (f) => f.kind === "attempt");
  const attempt = frameAt(context, index);
  const step = stepAround(context, index);
  if (!attempt.open || step === undefined) return scope;
  if (attempt.awaitsToken === true) {
    emit(attemptClosed(arrival, step, "completed"));
    openWait(context, attempt, step, event.id, arrival, emit);
    return scope;
  }
  const runId = executionIn(details);
  if (runId !== undefined) {
    const link = { relation: "child", engine: "aws_step_functions", runId } as const;
    emit({ type: "step.started", at, seq: event.id, key: step, links: [link] });
  }
  return scope;
};

/** The delivery is over: the wait for an answer begins, known by the event with the id `id`. */
function openWait(
  { options }: MappingContext,
  attempt: Frame,
  step: string,
  id: number,
  { event, at }: Arrival,
  emit: Emit,
): void {
  attempt.wait = `wait/${id}`;
  const names = options.waits ?? {};
  const name = Object.hasOwn(names, attempt.name) ? names[attempt.name] : undefined;
  emit({
    type: "step.opened",
    at,
    seq: event.id,
    key: attempt.wait,
    parent: step,
    kind: "wait",
    name: name ?? attempt.name,
    id: String(event.id),
    wait: {
      kind: "task_token",
      ...(attempt.deadline !== undefined && { deadline: attempt.deadline }),
    },
  });
}

function attemptEnded(outcome: StepOutcome, fallback: string): Handler {
  return (context, arrival, emit) => {
    const { event, details, at, scope } = arrival;
    const index = findFrame(context, scope, event.type, (f) => f.kind === "attempt");
    const attempt = frameAt(context, index);
    const state = frameAt(context, attempt.parent);
    const step = stepAround(context, index);
    if (!attempt.open || step === undefined) return scope;
    attempt.open = false;
    const failure =
      outcome === "completed"
        ? undefined
        : failureOf(details, fallback, context.options.failureMessages);
    setFailure(state, failure, at);
    if (attempt.awaitsToken === true && attempt.wait === undefined && outcome === "completed") {
      // The answer overtook the delivery's own end: both are over.
      emit({ type: "attempt.closed", at, seq: event.id, step, outcome });
      const id = state.attempts === 1 ? state.enteredBy : undefined;
      openWait(context, attempt, step, id ?? event.id, arrival, emit);
    }
    const closed =
      attempt.wait === undefined
        ? attemptClosed(arrival, step, outcome)
        : waitClosed(arrival, attempt.wait, outcome);
    if (failure !== undefined) closed.failure = failure;
    emit(closed);
    return attempt.parent;
  };
}

function attemptClosed(
  { event, details, at }: Arrival,
  step: string,
  outcome: StepOutcome,
): Mutable<AttemptClosed> {
  const closed: Mutable<AttemptClosed> = {
    type: "attempt.closed",
    at,
    seq: event.id,
    step,
    outcome,
  };
  const requestId = requestIdIn(details);
  if (requestId !== undefined) closed.requestId = requestId;
  return closed;
}

/** How a wait for an answer ended: a refusal is a failure of the wait, running out of time is what a wait may do. */
function waitClosed({ event, at }: Arrival, key: string, answer: StepOutcome): Mutable<StepClosed> {
  const closed = { type: "step.closed", at, seq: event.id, key } as const;
  if (answer === "completed") return { ...closed, outcome: answer, wait: { outcome: "resolved" } };
  if (answer === "timed_out")
    return { ...closed, outcome: "completed", wait: { outcome: "elapsed" } };
  return { ...closed, outcome: "failed", wait: { outcome: "failed" } };
}

function taskKind(event: HistoryEvent, details: EventDetails): StepKind {
  if (event.type === "LambdaFunctionScheduled" || details.resourceType === "lambda") {
    return "lambda";
  }
  const startsExecution =
    details.resourceType === "states" && details.resource?.startsWith("startExecution") === true;
  return startsExecution ? "child_workflow" : "activity";
}

/** Where the SDK integration puts the request id into a state's output; nothing else of the output is looked at. */
function requestIdIn(details: EventDetails): string | undefined {
  if (details.resourceType !== "lambda") return undefined;
  return /"SdkResponseMetadata":\{"RequestId":"([\w-]{1,64})"/.exec(details.output ?? "")?.[1];
}

/** ARN of the child execution in the output of a `states:startExecution` task. */
function executionIn(details: EventDetails): string | undefined {
  if (details.resourceType !== "states") return undefined;
  return /"ExecutionArn":"(arn:[^"]{1,1000})"/.exec(details.output ?? "")?.[1];
}

/** Handlers of the events about a Task state's attempts, and of the waits that they hand over to. */
export const ATTEMPT_EVENTS: Handlers = [
  ["TaskSubmitted", submitted],
  ...["Task", "LambdaFunction", "Activity"].flatMap(
    (type): Handlers => [
      [`${type}Scheduled`, attemptScheduled],
      [`${type}Started`, attemptStarted],
      [`${type}Succeeded`, attemptEnded("completed", "")],
      [`${type}Failed`, attemptEnded("failed", "States.TaskFailed")],
      [`${type}TimedOut`, attemptEnded("timed_out", "States.Timeout")],
      [`${type}ScheduleFailed`, attemptEnded("failed", "States.TaskFailed")],
      [`${type}StartFailed`, attemptEnded("failed", "States.TaskFailed")],
      [`${type}SubmitFailed`, attemptEnded("failed", "States.TaskFailed")],
    ],
  ),
];
