import { stateAttemptKey } from "../../core/ids.ts";
import type { StepKind, StepOutcome } from "../../core/model.ts";
import type { EventDetails, HistoryEvent } from "../history-event.ts";
import { type Frame, outwards, push } from "../scope.ts";
import {
  type Arrival,
  type Emit,
  type Handler,
  type Handlers,
  type MappingContext,
  setFailure,
} from "./mapping-context.ts";

/** Handlers of the events about a Task state's attempts, and of the waits that they hand over to. */
export function attemptEvents(context: MappingContext): Handlers {
  const scheduled = attemptScheduled(context);
  return [
    ["TaskSubmitted", submitted(context)],
    ...["Task", "LambdaFunction", "Activity"].flatMap(
      (type): Handlers => [
        [`${type}Scheduled`, scheduled],
        [`${type}Started`, attemptStarted(context)],
        [`${type}Succeeded`, attemptEnded(context, "completed", "")],
        [`${type}Failed`, attemptEnded(context, "failed", "States.TaskFailed")],
        [`${type}TimedOut`, attemptEnded(context, "timed_out", "States.Timeout")],
        ...["Schedule", "Start", "Submit"].map(
          (stage) =>
            [
              `${type}${stage}Failed`,
              attemptEnded(context, "failed", "States.TaskFailed"),
            ] as const,
        ),
      ],
    ),
  ];
}

function attemptScheduled(context: MappingContext): Handler {
  const { scopes } = context;
  const taken = new Map<string, number>();
  const count = (key: string): number => {
    const times = (taken.get(key) ?? 0) + 1;
    taken.set(key, times);
    return times;
  };
  // After a restart the scopes say which keys are taken.
  for (const frame of scopes.frames) {
    if (frame.kind === "attempt" && frame.key !== undefined) count(frame.key.replace(/#~\d+$/, ""));
  }

  return ({ event, details, at, scope }, emit) => {
    const index = context.findFrame(scope, event.type, (f) => f.kind === "state");
    const state = context.frameAt(index);
    if (state.key === undefined) return scope;
    const number = context.nextAttempt(state);
    const wanted = stateAttemptKey({
      state: state.name,
      enteredTime: state.entered ?? at,
      retry: number - 1,
      redrive: context.redrives(),
      ...(state.mapIndex !== undefined && { mapIndex: state.mapIndex }),
    });
    const times = count(wanted);
    const key = times === 1 ? wanted : `${wanted}#~${times}`;
    const kind = taskKind(event, details);
    emit({ type: "step.started", at, seq: event.id, key: state.key, kind });
    emit({ type: "attempt.scheduled", at, seq: event.id, step: state.key, key });
    return push(scopes, {
      kind: "attempt",
      parent: index,
      name: state.name,
      key,
      open: true,
      awaitsToken: details.resource?.endsWith(".waitForTaskToken") === true,
      ...(details.timeoutInSeconds !== undefined && {
        deadline: at + details.timeoutInSeconds * 1000,
      }),
    });
  };
}

function attemptStarted(context: MappingContext): Handler {
  return ({ event, at, scope }, emit) => {
    const step = context.stepAround(scope);
    if (step !== undefined) emit({ type: "attempt.started", at, seq: event.id, step });
    return scope;
  };
}

function submitted(context: MappingContext): Handler {
  return (arrival, emit) => {
    const { event, details, at, scope } = arrival;
    const index = outwards(context.scopes, scope, (f) => f.kind === "attempt");
    const attempt = context.frameAt(index);
    const step = context.stepAround(index);
    if (!attempt.open || step === undefined) return scope;
    if (attempt.awaitsToken === true) {
      emit({
        type: "attempt.closed",
        at,
        seq: event.id,
        step,
        outcome: "completed",
        ...requestIdIn(details),
      });
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
}

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

function attemptEnded(context: MappingContext, outcome: StepOutcome, fallback: string): Handler {
  return (arrival, emit) => {
    const { event, details, at, scope } = arrival;
    const index = context.findFrame(scope, event.type, (f) => f.kind === "attempt");
    const attempt = context.frameAt(index);
    const state = context.frameAt(attempt.parent);
    const step = context.stepAround(index);
    if (!attempt.open || step === undefined) return scope;
    attempt.open = false;
    const failure = outcome === "completed" ? undefined : context.failureOf(details, fallback);
    setFailure(state, failure, at);
    if (attempt.awaitsToken === true && attempt.wait === undefined && outcome === "completed") {
      // The answer overtook the delivery's own end: both are over.
      emit({ type: "attempt.closed", at, seq: event.id, step, outcome });
      openWait(context, attempt, step, state.enteredBy ?? event.id, arrival, emit);
    }
    const failed = failure !== undefined && { failure };
    if (attempt.wait === undefined) {
      const requestId = requestIdIn(details);
      emit({ type: "attempt.closed", at, seq: event.id, step, outcome, ...failed, ...requestId });
    } else {
      emit({
        type: "step.closed",
        at,
        seq: event.id,
        key: attempt.wait,
        ...answered(outcome),
        ...failed,
      });
    }
    return attempt.parent;
  };
}

/** How a wait for an answer ended: a refusal is a failure of the wait, running out of time is what a wait may do. */
function answered(outcome: StepOutcome): {
  outcome: StepOutcome;
  wait: { outcome: "resolved" | "elapsed" | "failed" };
} {
  if (outcome === "completed") return { outcome, wait: { outcome: "resolved" } };
  if (outcome === "timed_out") return { outcome: "completed", wait: { outcome: "elapsed" } };
  return { outcome: "failed", wait: { outcome: "failed" } };
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
function requestIdIn(details: EventDetails): { requestId?: string } {
  if (details.resourceType !== "lambda") return {};
  const id = /"SdkResponseMetadata":\{"RequestId":"([\w-]{1,64})"/.exec(details.output ?? "")?.[1];
  return id === undefined ? {} : { requestId: id };
}

/** ARN of the child execution in the output of a `states:startExecution` task. */
function executionIn(details: EventDetails): string | undefined {
  if (details.resourceType !== "states") return undefined;
  return /"ExecutionArn":"(arn:[^"]{1,1000})"/.exec(details.output ?? "")?.[1];
}
