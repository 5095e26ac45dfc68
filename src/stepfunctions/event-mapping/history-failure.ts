import type { FailureMessages } from "../../core/failure-text.ts";
import { failureText, failureType } from "../../core/failure-text.ts";
import type { Failure } from "../../core/model.ts";
import type { EventDetails } from "../history-event.ts";

/**
 * The failure that an event tells of. Of its cause only the `errorMessage` of a Lambda function is kept: AWS's own
 * causes quote a state's input and a child execution's input, so of those nothing is.
 */
export function failureOf(
  details: EventDetails,
  fallback: string,
  messages: FailureMessages | undefined,
): Failure {
  const type = failureType(details.error ?? fallback);
  const message = type.startsWith("States.")
    ? undefined
    : failureText(errorMessage(details.cause), messages);
  return { type, ...(message !== undefined && { message }) };
}

/** Shape of a failed function's answer: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
function errorMessage(cause: unknown): unknown {
  if (typeof cause !== "string" || !cause.startsWith("{") || cause.length > 262_144)
    return undefined;
  try {
    const parsed: unknown = JSON.parse(cause);
    return typeof parsed === "object" && parsed !== null && "errorMessage" in parsed
      ? parsed.errorMessage
      : undefined;
  } catch {
    return undefined;
  }
}
