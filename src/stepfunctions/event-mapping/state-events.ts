import type { StepClosed, StepOpened } from "../../core/event.ts";
import type { StepKind } from "../../core/model.ts";
import type { Mutable } from "../../core/open-trace.ts";
import {
  findFrame,
  frameAt,
  type Handler,
  type Handlers,
  isOver,
  outcomeOf,
  setFailure,
  stepAround,
} from "./context.ts";
import { failureOf } from "./history-failure.ts";
import { type Frame, newest, outwards, push } from "./scope.ts";

const STATE_TYPES = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];

const STATE_KINDS: Readonly<Record<string, StepKind>> = {
  Task: "activity",
  Choice: "choice",
  Wait: "wait",
  Parallel: "parallel",
  Map: "map",
};

function entered(stateType: string): Handler {
  return (context, { event, details, at, scope }, emit) => {
    const { scopes } = context;
    // A state follows its sibling on the chain: what is around both is around it.
    const around = outwards(scopes, scope, (f) => f.kind !== "state" && f.kind !== "attempt");
    const kind = STATE_KINDS[stateType] ?? "pass";
    const name = details.name ?? stateType;
    const key = `${kind === "wait" ? "wait" : "state"}/${event.id}`;
    const parent = stepAround(context, around);
    const outer = frameAt(context, around);
    const mapIndex = outer.index ?? outer.mapIndex;
    const opened: Mutable<StepOpened> = {
      type: "step.opened",
      at,
      seq: event.id,
      key,
      kind,
      name,
      id: String(event.id),
    };
    if (parent !== undefined) opened.parent = parent;
    if (kind === "wait") opened.wait = { kind: "timer" };
    emit(opened);
    if (stateType === "Fail") {
      // A Fail state has no exit. It did what it is there for: the failure is the run's.
      emit({ type: "step.closed", at, seq: event.id, key, outcome: "completed" });
    }
    const frame: Mutable<Frame> = {
      kind: "state",
      parent: Math.max(around, 0),
      name,
      key,
      stateType,
      entered: at,
      enteredBy: event.id,
      open: stateType !== "Fail",
    };
    if (mapIndex !== undefined) frame.mapIndex = mapIndex;
    return push(scopes, frame);
  };
}

const exited: Handler = (context, { event, details, at, scope }, emit) => {
  const fits = (f: Frame): boolean => f.kind === "state" && f.name === details.name && f.open;
  const index = findFrame(context, scope, event.type, fits);
  const state = frameAt(context, index);
  if (state.key === undefined) return scope;
  state.open = false;
  const { failure } = state;
  const closed: Mutable<StepClosed> = {
    type: "step.closed",
    at,
    seq: event.id,
    key: state.key,
    outcome: failure === undefined ? "completed" : outcomeOf(failure),
  };
  if (failure !== undefined) closed.failure = failure;
  if (state.stateType === "Wait") closed.wait = { outcome: "elapsed" };
  emit(closed);
  return index;
};

const evaluationFailed: Handler = (context, { details, at, scope }) => {
  // Its previous event is the one before the state's entry: only the details name the state.
  const index = newest(
    context.scopes,
    (f) => f.kind === "state" && f.open && f.name === details.state,
  );
  if (index < 0) return scope;
  setFailure(
    frameAt(context, index),
    failureOf(details, "States.Runtime", context.options.failureMessages),
    at,
  );
  return index;
};

function aborted(stateType: string): Handler {
  return (context, { event, at, scope }, emit) => {
    const { scopes } = context;
    // It has no details, and its previous event is a sibling's failure: it is an open state of its type in there.
    const container = outwards(scopes, scope, (f) => f.kind === "container" && f.open);
    const isIn = (frame: Frame): boolean =>
      container < 0 || outwards(scopes, frame.parent, (f) => f === scopes.frames[container]) >= 0;
    const index = newest(
      scopes,
      (f) =>
        f.kind === "state" &&
        f.open &&
        f.stateType === stateType &&
        f.key !== undefined &&
        isIn(f) &&
        !isOver(context, f),
    );
    const state = frameAt(context, index);
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
}

/** Handlers of the events about a state's begin and end. */
export const STATE_EVENTS: Handlers = [
  ["EvaluationFailed", evaluationFailed],
  ...STATE_TYPES.flatMap(
    (type): Handlers => [
      [`${type}StateEntered`, entered(type)],
      [`${type}StateExited`, exited],
      [`${type}StateAborted`, aborted(type)],
    ],
  ),
];
