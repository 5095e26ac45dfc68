import type { AttemptClosed, AttemptScheduled, AttemptStarted } from "./event.ts";
import type { OpenAttempt, OpenStep } from "./open-trace.ts";
import type { WarningLog } from "./result.ts";

/** An attempt's number counts those before it, and each becomes an object: a forged number must not fill the memory. */
const MOST_ATTEMPTS = 100_000;

/** Adds an attempt to an open step. */
export function scheduleAttempt(
  step: OpenStep,
  event: AttemptScheduled,
  redrive: number,
  warnings: WarningLog,
): void {
  const before = step.attempts.at(-1);
  if (before !== undefined && before.outcome === undefined) {
    warnings.add("attempt_scheduled_twice", "an attempt was scheduled before the last one ended");
    closeAttempt(before, { at: event.at, seq: event.seq, outcome: "abandoned" });
  }
  const number = before !== undefined && before.redrive === redrive ? before.number + 1 : 1;
  const attempt: OpenAttempt = {
    key: event.key ?? attemptKey(step, number, redrive),
    number,
    redrive,
    scheduled: event.at,
    observed: "full",
  };
  // Event times may step backwards, a length may not.
  if (number > 1 && before?.ended !== undefined)
    attempt.backoff = Math.max(0, event.at - before.ended);
  step.attempts.push(attempt);
}

/** Starts the attempt of the event's number; those before it that no event told of were, and failed. */
export function startAttempt(
  step: OpenStep,
  event: AttemptStarted,
  redrive: number,
  warnings: WarningLog,
): void {
  const newest = step.attempts.at(-1);
  let last = newest?.redrive === redrive ? newest : undefined;
  const number = Math.min(event.number ?? last?.number ?? 1, MOST_ATTEMPTS);
  if (event.number !== undefined && event.number > number)
    warnings.add("too_many_attempts", `attempts after number ${MOST_ATTEMPTS} are not counted`);
  while (last === undefined || last.number < number) {
    if (last !== undefined && last.outcome === undefined) supersede(last, number, event);
    const next: number = (last?.number ?? 0) + 1;
    last = { key: attemptKey(step, next, redrive), number: next, redrive, observed: "full" };
    step.attempts.push(last);
  }
  if (last.outcome !== undefined) {
    warnings.add("event_without_attempt", "an attempt started that was over");
    return;
  }
  last.started = event.at;
  step.started ??= event.at;
}

/** Marks an attempt that is known only from a later one's number. */
function supersede(attempt: OpenAttempt, number: number, event: AttemptStarted): void {
  attempt.outcome = "failed";
  attempt.observed = "count";
  if (attempt.number === number - 1 && event.lastFailure !== undefined) {
    attempt.observed = "failure";
    attempt.failure = event.lastFailure;
  }
}

/** Ends an attempt: by an event of its own, or by what ended its step. */
export function closeAttempt(
  attempt: OpenAttempt,
  event: Omit<AttemptClosed, "type" | "step">,
): void {
  attempt.ended = event.at;
  attempt.outcome = event.outcome;
  attempt.closedBy = event.seq;
  if (event.failure !== undefined) attempt.failure = event.failure;
  if (event.requestId !== undefined) attempt.requestId = event.requestId;
}

function attemptKey(step: OpenStep, number: number, redrive: number): string {
  return `${step.key}#${redrive === 0 ? "" : `${redrive}#`}${number}`;
}
