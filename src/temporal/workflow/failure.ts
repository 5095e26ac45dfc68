import { type FailureMessages, failureText, failureType } from "../../core/failure-text.ts";
import type { Failure, StepOutcome } from "../../core/model.ts";
import { type Message, message, text } from "./proto-value.ts";

/** Longest chain of causes that is looked at. */
export const DEEPEST_CAUSE = 20;

/** What a failure is called that has no type of its own. */
export const NO_TYPE = "Error";

/** Failures that only wrap another one: what they wrap is what happened. */
const WRAPPERS = [
  "activityFailureInfo",
  "childWorkflowExecutionFailureInfo",
  "nexusOperationExecutionFailureInfo",
] as const;

/** Why a child workflow failed that the server did not start: its id is in use, or its namespace is unknown. */
export const CHILD_NOT_STARTED: Failure = { type: "ChildWorkflowNotStarted" };

/**
 * A `temporal.api.failure.v1.Failure` as the model tells it: the outermost failure that is no mere wrapper, its type,
 * its message where the application wrote it, and the type of the deepest cause. Never details or stack traces.
 */
export function failureOf(failure: unknown, messages?: FailureMessages): Failure {
  const chain: Message[] = [];
  for (
    let link = failure;
    link !== undefined && link !== null && chain.length < DEEPEST_CAUSE;
    link = message(link)["cause"]
  ) {
    chain.push(message(link));
  }
  const own =
    chain.find(
      (link) => !WRAPPERS.some((wrapper) => isSet(link[wrapper])) || !isSet(link["cause"]),
    ) ?? {};
  const type = typeOf(own);
  // Causes that are no failures of Temporal's have no type that could tell more than the one around them.
  const causes = chain.slice(chain.indexOf(own) + 1).map(typeOf);
  const innermost = causes.findLast((cause) => cause !== NO_TYPE) ?? type;
  const application = own["applicationFailureInfo"];
  const spoken = isSet(application) ? failureText(own["message"], messages) : undefined;
  const category = message(application)["category"];
  return {
    type,
    ...(spoken !== undefined && { message: spoken }),
    ...(innermost !== type && { innermost }),
    ...((category === 1 ||
      category === "APPLICATION_ERROR_CATEGORY_BENIGN" ||
      category === "Benign") && { benign: true }),
  };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function typeOf(link: Message): string {
  if (isSet(link["applicationFailureInfo"]))
    return failureType(text(message(link["applicationFailureInfo"])["type"]));
  if (isSet(link["timeoutFailureInfo"])) return "Timeout";
  if (isSet(link["canceledFailureInfo"])) return "Cancelled";
  if (isSet(link["terminatedFailureInfo"])) return "Terminated";
  if (isSet(link["serverFailureInfo"])) return "ServerFailure";
  if (isSet(link["nexusHandlerFailureInfo"]))
    return failureType(text(message(link["nexusHandlerFailureInfo"])["type"]));
  if (isSet(link["activityFailureInfo"])) return "ActivityFailure";
  if (isSet(link["childWorkflowExecutionFailureInfo"])) return "ChildWorkflowFailure";
  return NO_TYPE;
}

/** Whether the failure is a time-out of the engine (start to close, heartbeat, ...), itself or what it wraps. */
export function isTimeout(failure: unknown): boolean {
  return isSet(unwrapped(failure)["timeoutFailureInfo"]);
}

/** Whether the failure is a cancellation, itself or what it wraps. */
export function isCancellation(failure: unknown): boolean {
  return isSet(unwrapped(failure)["canceledFailureInfo"]);
}

/** Whether the failure is the termination of a child, itself or what it wraps. */
export function isTermination(failure: unknown): boolean {
  return isSet(unwrapped(failure)["terminatedFailureInfo"]);
}

/** How a step ended whose engine says only that it failed: the failure tells a cancellation, a time-out or a termination. */
export function failedOutcome(failure: unknown): StepOutcome {
  if (isCancellation(failure)) return "cancelled";
  if (isTermination(failure)) return "terminated";
  return isTimeout(failure) ? "timed_out" : "failed";
}

/** What an activity's, a child's or an operation's failure wraps. */
function unwrapped(failure: unknown): Message {
  const outer = message(failure);
  const wraps = WRAPPERS.some((wrapper) => isSet(outer[wrapper])) && isSet(outer["cause"]);
  return wraps ? message(outer["cause"]) : outer;
}
