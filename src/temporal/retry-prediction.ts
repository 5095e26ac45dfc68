import { property } from "../host/property.ts";
import { isApplicationFailure, reportedType } from "./attempt-ending.ts";
import type { ActivityInfo } from "./running-activity.ts";

/** What decides whether a failed attempt is tried again. */
export type RetryInfo = Pick<
  ActivityInfo,
  "attempt" | "retryPolicy" | "scheduledTimestampMs" | "scheduleToCloseTimeoutMs"
>;

/**
 * Whether the server will try again an attempt that failed with this error: the rules of Temporal's retry policies
 * (https://docs.temporal.io/encyclopedia/retry-policies), which the worker that ran the attempt can apply by itself. Later
 * workers are not told how the attempt before failed.
 *
 * @param now milliseconds since the epoch
 */
export function willRetry(info: RetryInfo, error: unknown, now: number): boolean {
  if (isApplicationFailure(error) && property(error, "nonRetryable") === true) return false;
  const { maximumAttempts = 0, nonRetryableErrorTypes = [] } = info.retryPolicy ?? {};
  // 0 means without a limit.
  if (maximumAttempts > 0 && info.attempt >= maximumAttempts) return false;
  if (nonRetryableErrorTypes.includes(reportedType(error))) return false;
  const { scheduledTimestampMs = 0, scheduleToCloseTimeoutMs = 0 } = info;
  if (scheduleToCloseTimeoutMs <= 0) return true;
  // One that would begin after the time for all attempts is not scheduled.
  return now + backOff(info, error) < scheduledTimestampMs + scheduleToCloseTimeoutMs;
}

/** Milliseconds until the next attempt; 0 where the policy does not say. */
function backOff({ attempt, retryPolicy = {} }: RetryInfo, error: unknown): number {
  // The failure's own delay comes before the policy's: https://docs.temporal.io/encyclopedia/retry-policies#per-error-next-retry-delay
  const own = isApplicationFailure(error) ? property(error, "nextRetryDelay") : undefined;
  if (typeof own === "number") return own;
  const { initialInterval, backoffCoefficient = 2, maximumInterval } = retryPolicy;
  if (typeof initialInterval !== "number") return 0;
  const most =
    typeof maximumInterval === "number" && maximumInterval > 0 ? maximumInterval : Infinity;
  return Math.min(most, initialInterval * backoffCoefficient ** (attempt - 1));
}
