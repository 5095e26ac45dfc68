import type { StepClosed, WorkflowEvent } from "../../core/event.ts";
import type { RunIdentity } from "../../core/identity.ts";
import type { Failure, StepOutcome } from "../../core/model.ts";
import type { Mutable } from "../../core/open-trace.ts";
import type { WarningLog } from "../../core/result.ts";
import type { TraceOptions } from "../../core/trace-options.ts";
import { identityText } from "../../correlation/identity-text.ts";
import { failedOutcome, failureOf } from "../workflow/failure.ts";
import { integer, type Message, text } from "../workflow/proto-value.ts";
import { noCounts, type StepKeys } from "../workflow/step-keys.ts";
import type { Resolver } from "../workflow/wait-resolution.ts";

/** Everything that a mapping remembers of the run so far; plain JSON data. */
export interface MappingState {
  /** Keys of steps by the id of the event that opened them. */
  readonly keys: Record<number, string>;
  /** Occurrences of ids: the state of {@link StepKeys}. */
  readonly counts: Record<string, number>;
  /** What came in with the current workflow task that may end a wait. */
  resolver?: Resolver;
  /** What came in since, and belongs to the next workflow task. */
  pendingResolver?: Resolver;
  /** Id of the newest WorkflowTaskCompleted: the commands of its task follow it. */
  task?: number;
  cancelRequested: boolean;
}

/** State before the first event. */
export function emptyMapping(): MappingState {
  return { keys: {}, counts: noCounts(), cancelRequested: false };
}

/** What the handlers of one run's events share. */
export interface MappingContext {
  readonly identity: RunIdentity;
  readonly options: TraceOptions;
  readonly warnings: WarningLog;
  readonly state: MappingState;
  readonly keys: StepKeys;
}

/** One history event on its way from the engine's words to the neutral ones. */
export interface Arrival {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: Message;
  /** The event's attributes: `activityTaskScheduledEventAttributes` of an ActivityTaskScheduled. */
  readonly attributes: Message;
}

/** Takes a neutral event that a history event says. */
export type Emit = (event: WorkflowEvent) => void;

/** Maps one type of event. */
export type Handler = (arrival: Arrival, context: MappingContext, emit: Emit) => void;

/** Handlers by event type, as history-event.ts spells it. */
export type HandlerTable = Readonly<Record<string, Handler>>;

/** Remembers the key of the step that an event opened, and gives it back. */
export function rememberKey(context: MappingContext, eventId: number, key: string): string {
  context.state.keys[eventId] = key;
  return key;
}

/** Key of the step that an earlier event opened; an empty text, which is no step's key, when none did. */
export function rememberedKey(context: MappingContext, eventId: unknown): string {
  return context.state.keys[integer(eventId) ?? -1] ?? "";
}

/** An identity as the option `identities` lets it be recorded, as the field of a {@link Resolver}. */
export function whoOf(value: unknown, context: MappingContext): { readonly identity?: string } {
  const identity = identityText(text(value), context.options.identities);
  return identity === undefined ? {} : { identity };
}

/** A failure as a neutral event tells it; undefined when there is none. */
export function toldFailure(failure: unknown, context: MappingContext): Failure | undefined {
  return failure == null ? undefined : failureOf(failure, context.options.failureMessages);
}

/** Notes how a step ended whose event says `failed`: a cancellation has no failure of its own. */
export function closeAsFailed(
  closed: Mutable<StepClosed>,
  failure: unknown,
  context: MappingContext,
): void {
  closed.outcome = failedOutcome(failure);
  const told = closed.outcome === "cancelled" ? undefined : toldFailure(failure, context);
  if (told !== undefined) closed.failure = told;
}

/**
 * Closes the step that was opened by the event whose id stands in the attribute `reference`.
 *
 * @param wrapper what live facts wrap the failure in, and histories do not: both are judged alike
 */
export function closes(
  reference: "scheduledEventId" | "initiatedEventId",
  outcome: StepOutcome,
  wrapper?: "activityFailureInfo" | "childWorkflowExecutionFailureInfo",
): Handler {
  return ({ id, at, attributes }, context, emit) => {
    const { failure } = attributes;
    const key = rememberedKey(context, attributes[reference]);
    const closed: Mutable<StepClosed> = { type: "step.closed", at, seq: id, key, outcome };
    if (outcome === "failed") {
      const wraps = failure != null && wrapper !== undefined;
      closeAsFailed(closed, wraps ? { [wrapper]: {}, cause: failure } : failure, context);
    } else if (outcome === "timed_out") {
      closed.failure = toldFailure(failure, context) ?? { type: "Timeout" };
    }
    emit(closed);
  };
}
