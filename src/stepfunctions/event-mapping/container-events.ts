import type { StepOutcome } from "../../core/model.ts";
import {
  closeFailedChain,
  failedFrame,
  findFrame,
  frameAt,
  type Handler,
  type Handlers,
  type MappingContext,
  setFailure,
  startContainer,
  stepAround,
} from "./context.ts";
import { failureOf } from "./history-failure.ts";
import { type Frame, newest, outwards, push, type Scopes } from "./scope.ts";

function containerStarted(stateType: string): Handler {
  return (context, { event, at, scope }, emit) => {
    const { scopes } = context;
    const index = findFrame(context, scope, event.type, isOpen("state", stateType));
    const state = frameAt(context, index);
    if (state.key === undefined) return scope;
    const isUnfinished = (f: Frame): boolean =>
      f.kind === "container" && f.parent === index && f.open;
    const unfinished = newest(scopes, isUnfinished, index);
    if (unfinished > 0) {
      // A container's retry has no event for the end of the attempt before it: the inner failure was its end.
      frameAt(context, unfinished).open = false;
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
    startContainer(context, state, { event, at }, emit);
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

function containerEnded(stateType: string, outcome: StepOutcome): Handler {
  return (context, arrival, emit) => {
    const { scopes } = context;
    const { event, details, at, scope } = arrival;
    const index = outwards(scopes, scope, isOpen("container", stateType));
    const container = frameAt(context, index);
    const state = frameAt(
      context,
      index >= 0
        ? container.parent
        : findFrame(context, scope, event.type, isOpen("state", stateType)),
    );
    if (state.key === undefined) return scope;
    const fallback = failedFrame(context, scope)?.failure?.type ?? "States.TaskFailed";
    const failure =
      outcome === "completed"
        ? undefined
        : failureOf(details, fallback, context.options.failureMessages);
    setFailure(state, failure, at);
    // A container may fail before it starts (an item reader, a bad items path): then there is no attempt to end.
    if (index < 0) return scope;
    if (failure !== undefined)
      closeFailedChain(context, { from: scope, until: index }, arrival, emit);
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

function isOpen(kind: Frame["kind"], stateType: string): (frame: Frame) => boolean {
  return (frame) => frame.kind === kind && frame.stateType === stateType && frame.open;
}

const iterationStarted: Handler = (context, { event, details, at, scope }, emit) => {
  const { scopes } = context;
  const isContainer = (f: Frame): boolean =>
    f.kind === "container" && f.name === details.name && f.open;
  const container = findFrame(context, scope, event.type, isContainer);
  const parent = stepAround(context, container);
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

function iterationEnded(outcome: StepOutcome): Handler {
  return (context, arrival, emit) => {
    const { scopes } = context;
    const { event, details, at, scope } = arrival;
    const { name = "", index = 0 } = details;
    const fits = (f: Frame): boolean =>
      f.kind === "iteration" && f.name === name && f.index === index;
    const chained = outwards(scopes, scope, fits);
    // An aborted iteration stands on the chain of the sibling that failed: look it up beside that one.
    const found = chained >= 0 ? chained : openSibling(context, scope, fits);
    const iteration = frameAt(context, found);
    if (iteration.key === undefined) return scope;
    if (chained >= 0 && outcome === "failed") {
      closeFailedChain(context, { from: scope, until: found }, arrival, emit);
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

/** The open iteration that fits in the container around a frame; in any container where none is around it. */
function openSibling(
  { scopes }: MappingContext,
  scope: number,
  fits: (frame: Frame) => boolean,
): number {
  const beside = newest(scopes, (f) => fits(f) && f.open && isAround(scopes, f.parent, scope));
  return beside >= 0 ? beside : newest(scopes, (f) => fits(f) && f.open);
}

function isAround(scopes: Scopes, container: number, scope: number): boolean {
  return outwards(scopes, scope, (frame) => frame === scopes.frames[container]) >= 0;
}

const mapRunFailed: Handler = (context, { details, at, scope }) => {
  const index = outwards(context.scopes, scope, (f) => f.kind === "state");
  setFailure(
    frameAt(context, index),
    failureOf(details, "States.TaskFailed", context.options.failureMessages),
    at,
  );
  return scope;
};

/** Handlers of the events about Map and Parallel states: their attempts, called containers here, and iterations. */
export const CONTAINER_EVENTS: Handlers = [
  ["MapIterationStarted", iterationStarted],
  ["MapIterationSucceeded", iterationEnded("completed")],
  ["MapIterationFailed", iterationEnded("failed")],
  ["MapIterationAborted", iterationEnded("aborted")],
  ["MapRunFailed", mapRunFailed],
  ...["Map", "Parallel"].flatMap(
    (type): Handlers => [
      [`${type}StateStarted`, containerStarted(type)],
      [`${type}StateSucceeded`, containerEnded(type, "completed")],
      [`${type}StateFailed`, containerEnded(type, "failed")],
    ],
  ),
];
