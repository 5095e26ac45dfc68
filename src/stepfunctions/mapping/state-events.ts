import type { StepKind } from "../../core/model.ts";
import { type Frame, newest, outwards, push } from "../scope.ts";
import {
  type Handler,
  type Handlers,
  type MappingContext,
  outcomeOf,
  setFailure,
} from "./mapping-context.ts";

const STATE_TYPES = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];

const STATE_KINDS: Readonly<Record<string, StepKind>> = {
  Task: "activity",
  Choice: "choice",
  Wait: "wait",
  Parallel: "parallel",
  Map: "map",
};

/** Handlers of the events about a state's begin and end. */
export function stateEvents(context: MappingContext): Handlers {
  return [
    ["EvaluationFailed", evaluationFailed(context)],
    ...STATE_TYPES.flatMap(
      (type): Handlers => [
        [`${type}StateEntered`, entered(context, type)],
        [`${type}StateExited`, exited(context)],
        [`${type}StateAborted`, aborted(context, type)],
      ],
    ),
  ];
}

function entered(context: MappingContext, stateType: string): Handler {
  const { scopes } = context;
  return ({ event, details, at, scope }, emit) => {
    // A state follows its sibling on the chain: what is around both is around it.
    const around = outwards(scopes, scope, (f) => f.kind !== "state" && f.kind !== "attempt");
    const kind = STATE_KINDS[stateType] ?? "pass";
    const name = details.name ?? stateType;
    const key = `${kind === "wait" ? "wait" : "state"}/${event.id}`;
    const parent = context.stepAround(around);
    const outer = context.frameAt(around);
    const mapIndex = outer.index ?? outer.mapIndex;
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
    if (stateType === "Fail") {
      // A Fail state has no exit. It did what it is there for: the failure is the run's.
      emit({ type: "step.closed", at, seq: event.id, key, outcome: "completed" });
    }
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
}

function exited(context: MappingContext): Handler {
  return ({ event, details, at, scope }, emit) => {
    const fits = (f: Frame): boolean => f.kind === "state" && f.name === details.name && f.open;
    const index = context.findFrame(scope, event.type, fits);
    const state = context.frameAt(index);
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
}

function evaluationFailed(context: MappingContext): Handler {
  return ({ details, at, scope }) => {
    // Its previous event is the one before the state's entry: only the details name the state.
    const index = newest(
      context.scopes,
      (f) => f.kind === "state" && f.open && f.name === details.state,
    );
    if (index < 0) return scope;
    setFailure(context.frameAt(index), context.failureOf(details, "States.Runtime"), at);
    return index;
  };
}

function aborted(context: MappingContext, stateType: string): Handler {
  const { scopes } = context;
  return ({ event, at, scope }, emit) => {
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
        !context.isOver(f),
    );
    const state = context.frameAt(index);
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
