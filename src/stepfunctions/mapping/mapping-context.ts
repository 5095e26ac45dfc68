import type { WorkflowEvent } from "../../core/event.ts";
import type { Failure, StepOutcome } from "../../core/model.ts";
import type { WarningLog } from "../../core/result.ts";
import type { TraceOptions } from "../../core/trace-options.ts";
import type { EventDetails, HistoryEvent } from "../history-event.ts";
import { failureOf } from "../history-failure.ts";
import { type Frame, newest, outwards, type Scopes } from "../scope.ts";

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

/** Maps one type of event; gives the frame that the event itself stands in. */
export type Handler = (arrival: Arrival, emit: Emit) => number;

/** Handlers by event type, for one family of events. */
export type Handlers = readonly (readonly [type: string, handler: Handler])[];

/** What the handlers of all families share: the scopes of one execution, and how to find one's way in them. */
export interface MappingContext {
  readonly executionArn: string;
  readonly options: TraceOptions;
  readonly warnings: WarningLog;
  readonly scopes: Scopes;
  /** How often the execution was redriven. */
  redrives(): number;
  /** The execution is redriven once more. */
  redrive(): void;
  /** The frame of an index; one that is closed and nothing's where there is none. */
  frameAt(index: number): Frame;
  /** Key of the step around a frame: containers and attempts are no steps. */
  stepAround(index: number): string | undefined;
  /** The frame outwards that fits; the newest one that does where the history's own chain is broken. */
  findFrame(scope: number, type: string, fits: (frame: Frame) => boolean): number;
  /** The failure that an event tells of, its message as the options want it. */
  failureOf(details: EventDetails, fallback: string): Failure;
  /** Whether an iteration or a container around a frame has ended, and its states with it. */
  isOver(frame: Frame): boolean;
  /** Counts one more attempt of a state since the last redrive and gives its number. */
  nextAttempt(state: Frame): number;
  /** Closes the states between a failure and what it ends: an uncaught failure has no exit. */
  closeFailedChain(
    from: number,
    until: number,
    arrival: Arrival,
    emit: Emit,
    container?: Failure,
  ): void;
}

const NOTHING: Frame = { kind: "root", parent: -1, name: "", open: false };

/** Makes the context of one execution; `scopes` is its whole state. */
export function mappingContext(
  executionArn: string,
  options: TraceOptions,
  warnings: WarningLog,
  scopes: Scopes,
): MappingContext {
  const { frames } = scopes;
  const root = frames[0];

  const frameAt = (index: number): Frame => frames[index] ?? { ...NOTHING };

  function isOver(frame: Frame): boolean {
    return outwards(scopes, frame.parent, (f) => isNesting(f) && !f.open) >= 0;
  }

  return {
    executionArn,
    options,
    warnings,
    scopes,
    redrives: () => root?.redrive ?? 0,
    redrive() {
      if (root !== undefined) root.redrive = (root.redrive ?? 0) + 1;
    },
    frameAt,
    stepAround(index) {
      return frames[outwards(scopes, index, (f) => f.kind === "state" || f.kind === "iteration")]
        ?.key;
    },
    findFrame(scope, type, fits) {
      const found = outwards(scopes, scope, fits);
      if (found >= 0) return found;
      const guessed = newest(scopes, fits);
      warnings.add(
        guessed < 0 ? "unpaired_event" : "guessed_pair",
        `${type} does not follow from the event before it`,
      );
      return guessed;
    },
    failureOf: (details, fallback) => failureOf(details, fallback, options.failureMessages),
    isOver,
    nextAttempt(state) {
      const redrive = root?.redrive ?? 0;
      state.attempts = state.redrive === redrive ? (state.attempts ?? 0) + 1 : 1;
      state.redrive = redrive;
      delete state.failure;
      return state.attempts;
    },
    closeFailedChain(from, until, { event, at }, emit, container) {
      for (let index = from; index > 0 && index !== until; index = frameAt(index).parent) {
        const frame = frameAt(index);
        if (frame.kind !== "state" || !frame.open || frame.key === undefined || isOver(frame)) {
          continue;
        }
        const failure = frame.failure ?? (isContainerState(frame) ? container : undefined);
        if (failure === undefined) continue;
        emit({
          type: "step.closed",
          at,
          seq: event.id,
          key: frame.key,
          outcome: outcomeOf(failure),
          failure,
        });
      }
    },
  };
}

function isNesting(frame: Frame): boolean {
  return frame.kind === "iteration" || frame.kind === "container";
}

function isContainerState(frame: Frame): boolean {
  return frame.stateType === "Map" || frame.stateType === "Parallel";
}

/** Notes that a state failed, or that what had failed is made good. */
export function setFailure(state: Frame, failure: Failure | undefined, at: number): void {
  if (failure === undefined) {
    delete state.failure;
    return;
  }
  state.failure = failure;
  state.failedAt = at;
}

/** The nearest frame with a failure, from one outwards: what another failure follows from. */
export function failedFrame({ scopes }: MappingContext, scope: number): Frame | undefined {
  return scopes.frames[outwards(scopes, scope, (frame) => frame.failure !== undefined)];
}

/** States' own time-out (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html). */
export function outcomeOf(failure: Failure): StepOutcome {
  const timedOut = failure.type === "States.Timeout" || failure.type === "States.HeartbeatTimeout";
  return timedOut ? "timed_out" : "failed";
}
