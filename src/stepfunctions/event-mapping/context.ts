import type { WorkflowEvent } from "../../core/event.ts";
import type { Failure, StepOutcome } from "../../core/model.ts";
import type { WarningLog } from "../../core/result.ts";
import type { TraceOptions } from "../../core/trace-options.ts";
import type { EventDetails, HistoryEvent } from "../history-event.ts";
import { type Frame, newest, outwards, type Scopes } from "./scope.ts";

/** Takes a neutral event that a history event says. */
export type Emit = (event: WorkflowEvent) => void;

/** One event on its way from the engine's words to the neutral ones. */
export interface Arrival {
  readonly event: HistoryEvent;
  readonly details: EventDetails;
  /** Milliseconds since the epoch, with a fraction down to microseconds. */
  readonly at: number;
  /** Frame that the event before it stands in. */
  readonly scope: number;
}

/** What the handlers of one execution share. */
export interface MappingContext {
  readonly executionArn: string;
  readonly options: TraceOptions;
  readonly warnings: WarningLog;
  readonly scopes: Scopes;
  /** How often each attempt key was wanted: two attempts of nested Maps may want the same one. */
  readonly attemptKeys: Map<string, number>;
}

/** Maps one type of event; gives the frame that the event itself stands in. */
export type Handler = (context: MappingContext, arrival: Arrival, emit: Emit) => number;

/** Handlers by event type, for one family of events. */
export type Handlers = readonly (readonly [type: string, handler: Handler])[];

const NOTHING: Frame = { kind: "root", parent: -1, name: "", open: false };

/** The frame of an index; one that is closed and nothing's where there is none. */
export function frameAt({ scopes }: MappingContext, index: number): Frame {
  return scopes.frames[index] ?? { ...NOTHING };
}

/** How often the execution was redriven. */
export function redrives({ scopes }: MappingContext): number {
  return scopes.frames[0]?.redrive ?? 0;
}

/** Key of the step around a frame: containers and attempts are no steps. */
export function stepAround({ scopes }: MappingContext, index: number): string | undefined {
  return scopes.frames[outwards(scopes, index, isStep)]?.key;
}

function isStep(frame: Frame): boolean {
  return frame.kind === "state" || frame.kind === "iteration";
}

/** The frame outwards that fits; the newest one that does where the history's own chain is broken. */
export function findFrame(
  { scopes, warnings }: MappingContext,
  scope: number,
  type: string,
  fits: (frame: Frame) => boolean,
): number {
  const found = outwards(scopes, scope, fits);
  if (found >= 0) return found;
  const guessed = newest(scopes, fits);
  const code = guessed < 0 ? "unpaired_event" : "guessed_pair";
  warnings.add(code, `${type} does not follow from the event before it`);
  return guessed;
}

/** Counts one more attempt of a state since the last redrive and gives its number. */
export function nextAttempt(context: MappingContext, state: Frame): number {
  const redrive = redrives(context);
  state.attempts = state.redrive === redrive ? (state.attempts ?? 0) + 1 : 1;
  state.redrive = redrive;
  if (state.failure !== undefined) delete state.failure;
  return state.attempts;
}

/**
 * A redriven execution goes on in a state: what its failure had ended, from the state outwards, is open again. A
 * container goes on without a word of its own, in another attempt.
 */
export function reopen(
  context: MappingContext,
  index: number,
  { event, at }: Arrival,
  emit: Emit,
): void {
  if (redrives(context) === 0) return;
  for (let around = index; around > 0; around = frameAt(context, around).parent) {
    const frame = frameAt(context, around);
    const state = frameAt(context, frame.parent);
    if (frame.kind === "container" && !frame.open && state.key !== undefined) {
      startContainer(context, state, { event, at }, emit);
    }
    frame.open = true;
  }
}

/** Begins one more attempt of a Map or Parallel state. */
export function startContainer(
  context: MappingContext,
  state: Frame,
  { event, at }: Pick<Arrival, "event" | "at">,
  emit: Emit,
): void {
  const step = state.key ?? "";
  const number = nextAttempt(context, state);
  const redrive = redrives(context);
  const key = `${step}#${redrive === 0 ? "" : `${redrive}#`}${number}`;
  emit({ type: "attempt.scheduled", at, seq: event.id, step, key });
  emit({ type: "attempt.started", at, seq: event.id, step });
}

/** Notes that a state failed, or that what had failed is made good. */
export function setFailure(state: Frame, failure: Failure | undefined, at: number): void {
  if (failure !== undefined) {
    state.failure = failure;
    state.failedAt = at;
  } else if (state.failure !== undefined) delete state.failure;
}

/** The nearest frame with a failure, from one outwards: what another failure follows from. */
export function failedFrame({ scopes }: MappingContext, scope: number): Frame | undefined {
  return scopes.frames[outwards(scopes, scope, (frame) => frame.failure !== undefined)];
}

/** Whether an iteration or a container around a frame has ended, and its states with it. */
export function isOver({ scopes }: MappingContext, frame: Frame): boolean {
  return outwards(scopes, frame.parent, (f) => isNesting(f) && !f.open) >= 0;
}

function isNesting(frame: Frame): boolean {
  return frame.kind === "iteration" || frame.kind === "container";
}

/** A stretch of frames, from one outwards to one that is not part of it. */
export interface FrameChain {
  readonly from: number;
  readonly until: number;
}

/**
 * Closes the states between a failure and what it ends: an uncaught failure has no exit. A Map or Parallel state
 * without a failure of its own takes `container`.
 */
export function closeFailedChain(
  context: MappingContext,
  { from, until }: FrameChain,
  { event, at }: Arrival,
  emit: Emit,
  container?: Failure,
): void {
  for (let index = from; index > 0 && index !== until; index = frameAt(context, index).parent) {
    const frame = frameAt(context, index);
    if (frame.kind !== "state" || !frame.open || frame.key === undefined) continue;
    const failure = frame.failure ?? (isContainerState(frame) ? container : undefined);
    if (failure === undefined || isOver(context, frame)) continue;
    // What ends with the run stays as it is: a redrive goes on from there.
    if (until > 0) frame.open = false;
    const outcome = outcomeOf(failure);
    emit({ type: "step.closed", at, seq: event.id, key: frame.key, outcome, failure });
  }
}

function isContainerState(frame: Frame): boolean {
  return frame.stateType === "Map" || frame.stateType === "Parallel";
}

/** States' own time-out (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html). */
export function outcomeOf(failure: Failure): StepOutcome {
  const timedOut = failure.type === "States.Timeout" || failure.type === "States.HeartbeatTimeout";
  return timedOut ? "timed_out" : "failed";
}
