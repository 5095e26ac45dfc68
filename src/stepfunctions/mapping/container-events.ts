import type { StepOutcome } from "../../core/model.ts";
import { type Frame, newest, outwards, push } from "../scope.ts";
import {
  failedFrame,
  type Handler,
  type Handlers,
  type MappingContext,
  setFailure,
} from "./mapping-context.ts";

/** Handlers of the events about Map and Parallel states: their attempts, called containers here, and iterations. */
export function containerEvents(context: MappingContext): Handlers {
  return [
    ["MapIterationStarted", iterationStarted(context)],
    ["MapIterationSucceeded", iterationEnded(context, "completed")],
    ["MapIterationFailed", iterationEnded(context, "failed")],
    ["MapIterationAborted", iterationEnded(context, "aborted")],
    ["MapRunFailed", mapRunFailed(context)],
    ...["Map", "Parallel"].flatMap(
      (type): Handlers => [
        [`${type}StateStarted`, containerStarted(context, type)],
        [`${type}StateSucceeded`, containerEnded(context, type, "completed")],
        [`${type}StateFailed`, containerEnded(context, type, "failed")],
      ],
    ),
  ];
}

function containerStarted(context: MappingContext, stateType: string): Handler {
  const { scopes } = context;
  return ({ event, at, scope }, emit) => {
    const isState = (f: Frame): boolean =>
      f.kind === "state" && f.stateType === stateType && f.open;
    const index = context.findFrame(scope, event.type, isState);
    const state = context.frameAt(index);
    if (state.key === undefined) return scope;
    const isUnfinished = (f: Frame): boolean =>
      f.kind === "container" && f.parent === index && f.open;
    const unfinished = newest(scopes, isUnfinished, index);
    if (unfinished > 0) {
      // A container's retry has no event for the end of the attempt before it: the inner failure was its end.
      context.frameAt(unfinished).open = false;
      const inner = failedFrame(context, scope);
      emit({
        type: "attempt.closed",
        at: inner?.failedAt ?? at,
        seq: event.id,
        step: state.key,
        outcome: "failed",
        ...(inner?.failure !== undefined && { failure: inner.failure }),
      });
    }
    const number = context.nextAttempt(state);
    const redrives = context.redrives();
    const key = `${state.key}#${redrives === 0 ? "" : `${redrives}#`}${number}`;
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
}

function containerEnded(context: MappingContext, stateType: string, outcome: StepOutcome): Handler {
  const { scopes } = context;
  return (arrival, emit) => {
    const { event, details, at, scope } = arrival;
    const isOpen =
      (kind: Frame["kind"]) =>
      (f: Frame): boolean =>
        f.kind === kind && f.stateType === stateType && f.open;
    const index = outwards(scopes, scope, isOpen("container"));
    const container = context.frameAt(index);
    const state = context.frameAt(
      index >= 0 ? container.parent : context.findFrame(scope, event.type, isOpen("state")),
    );
    if (state.key === undefined) return scope;
    const fallback = failedFrame(context, scope)?.failure?.type ?? "States.TaskFailed";
    const failure = outcome === "completed" ? undefined : context.failureOf(details, fallback);
    setFailure(state, failure, at);
    // A container may fail before it starts (an item reader, a bad items path): then there is no attempt to end.
    if (index < 0) return scope;
    if (failure !== undefined) context.closeFailedChain(scope, index, arrival, emit);
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
}

function iterationStarted(context: MappingContext): Handler {
  const { scopes } = context;
  return ({ event, details, at, scope }, emit) => {
    const isContainer = (f: Frame): boolean =>
      f.kind === "container" && f.name === details.name && f.open;
    const container = context.findFrame(scope, event.type, isContainer);
    const parent = context.stepAround(container);
    if (container < 0 || parent === undefined) return scope;
    const key = `iteration/${event.id}`;
    const { name = "", index = 0 } = details;
    emit({
      type: "step.opened",
      at,
      seq: event.id,
      key,
      parent,
      kind: "iteration",
      name: `${name}[${index}]`,
      id: String(event.id),
    });
    return push(scopes, { kind: "iteration", parent: container, name, key, index, open: true });
  };
}

function iterationEnded(context: MappingContext, outcome: StepOutcome): Handler {
  const { scopes } = context;
  return (arrival, emit) => {
    const { event, details, at, scope } = arrival;
    const { name = "", index = 0 } = details;
    const fits = (f: Frame): boolean =>
      f.kind === "iteration" && f.name === name && f.index === index;
    const chained = outwards(scopes, scope, fits);
    // An aborted iteration stands on the chain of the sibling that failed: look it up.
    const found = chained >= 0 ? chained : newest(scopes, (f) => fits(f) && f.open);
    const iteration = context.frameAt(found);
    if (iteration.key === undefined) return scope;
    if (chained >= 0 && outcome === "failed") {
      context.closeFailedChain(scope, found, arrival, emit);
    }
    iteration.open = false;
    const failure = outcome === "failed" ? failedFrame(context, scope)?.failure : undefined;
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
}

function mapRunFailed(context: MappingContext): Handler {
  return ({ details, at, scope }) => {
    const index = outwards(context.scopes, scope, (f) => f.kind === "state");
    setFailure(context.frameAt(index), context.failureOf(details, "States.TaskFailed"), at);
    return scope;
  };
}
