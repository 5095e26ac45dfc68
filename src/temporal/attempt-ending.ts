import { failureText, failureType } from "../core/failure-text.ts";
import type { Failure, StepOutcome } from "../core/model.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { property } from "../host/property.ts";
import { DEEPEST_CAUSE, NO_TYPE } from "./workflow/failure.ts";

/** How an attempt ended. */
export interface AttemptEnding {
  readonly outcome: StepOutcome;
  readonly failure?: Failure;
}

/** The types that histories give to Temporal's own failures, by the names of the SDK's classes. */
const TYPES: ReadonlyMap<unknown, string> = new Map([
  ["TimeoutFailure", "Timeout"],
  ["CancelledFailure", "Cancelled"],
  ["TerminatedFailure", "Terminated"],
  ["ServerFailure", "ServerFailure"],
  ["ActivityFailure", "ActivityFailure"],
  ["ChildWorkflowFailure", "ChildWorkflowFailure"],
]);

/** How those attempts ended that the SDK cancelled by itself, by its reason; one that was asked to end is cancelled. */
const BY_REASON: ReadonlyMap<string, AttemptEnding> = new Map([
  // The server has given the attempt up: https://typescript.temporal.io/api/namespaces/activity#cancellation
  ["TIMED_OUT", { outcome: "timed_out", failure: { type: "Timeout" } }],
  // Told to the server as this failure, so that it tries again at once (sdk-core, crates/sdk-core/src/worker/activities.rs).
  ["WORKER_SHUTDOWN", { outcome: "failed", failure: { type: "WorkerShutdown" } }],
]);

/**
 * How an attempt ended, by what its code threw: in the words of the history, which the SDK makes of the same error.
 *
 * @param reason why the SDK cancelled the attempt; undefined when it did not
 */
export function endingOf(
  error: unknown,
  options: TraceOptions,
  reason: string | undefined,
): AttemptEnding {
  const name = property(error, "name");
  // The result comes later from elsewhere: https://typescript.temporal.io/api/classes/activity.CompleteAsyncError
  if (name === "CompleteAsyncError") return { outcome: "completed" };
  // Without a reason it is the application's own affair, such as a request that it aborted: a failure like any other.
  if (reason !== undefined && (name === "CancelledFailure" || name === "AbortError"))
    return BY_REASON.get(reason) ?? { outcome: "cancelled" };
  const type = reportedType(error);
  const innermost = innermostType(error) ?? type;
  const text = failureText(property(error, "message"), options.failureMessages);
  return {
    outcome: "failed",
    failure: {
      type,
      ...(text !== undefined && { message: text }),
      ...(innermost !== type && { innermost }),
      ...(isApplicationFailure(error) &&
        property(error, "category") === "BENIGN" && { benign: true }),
    },
  };
}

/**
 * The type under which the SDK reports an error to the server: an `ApplicationFailure`'s own one, else the name of the
 * error's class (`ensureApplicationFailure` of `@temporalio/common`).
 */
export function reportedType(error: unknown): string {
  if (isApplicationFailure(error)) return failureType(property(error, "type"));
  const made = property(error, "constructor");
  return failureType(typeof made === "function" ? made.name : property(error, "name"));
}

/** How the SDK marks its class, for all copies of it in a process (`SymbolBasedInstanceOfError` of `@temporalio/common`). */
const MARKER = Symbol.for("__temporal_isApplicationFailure");

/** Whether what was thrown speaks to the server: only then do its type, its category and whether it is final count. */
export function isApplicationFailure(error: unknown): boolean {
  return property(error, MARKER) === true || property(error, "name") === "ApplicationFailure";
}

/** Type of the deepest cause that has one: causes that are no failures of Temporal's are told without their type. */
function innermostType(error: unknown): string | undefined {
  let found: string | undefined;
  let cause = property(error, "cause");
  for (let depth = 1; depth < DEEPEST_CAUSE && cause instanceof Error; depth += 1) {
    const type = isApplicationFailure(cause) ? reportedType(cause) : TYPES.get(cause.name);
    if (type !== undefined && type !== NO_TYPE) found = type;
    cause = cause.cause;
  }
  return found;
}
