import { property } from "../correlation/property.ts";

/** The SDK's RetryPolicy as an activity's `Info` has it. Intervals are texts (`"1 second"`) or milliseconds. */
export interface RetryPolicy {
  readonly maximumAttempts?: number;
  readonly nonRetryableErrorTypes?: readonly string[];
}

/** What decides whether a failed attempt is tried again. */
export interface RetryInfo {
  readonly attempt: number;
  readonly retryPolicy?: RetryPolicy | undefined;
  /** When the activity was scheduled first, in milliseconds since the epoch. */
  readonly scheduledTimestampMs?: number;
  /** 0 when it has no limit. */
  readonly scheduleToCloseTimeoutMs?: number;
}

/**
 * Whether the server will try again an attempt that failed with this error: the rules of Temporal's retry policies
 * (https://docs.temporal.io/encyclopedia/retry-policies), which the worker that ran the attempt can apply by itself. No
 * later worker can: it is not told how the attempt before failed. An attempt that times out since its worker died is
 * told by nobody.
 *
 * @param now milliseconds since the epoch
 */
export function willRetry(info: RetryInfo, error: unknown, now: number): boolean {
  if (property(error, "nonRetryable") === true) return false;
  const { maximumAttempts = 0, nonRetryableErrorTypes = [] } = info.retryPolicy ?? {};
  // 0 means without a limit.
  if (maximumAttempts > 0 && info.attempt >= maximumAttempts) return false;
  const type = property(error, "type") ?? property(error, "name");
  if (typeof type === "string" && nonRetryableErrorTypes.includes(type)) return false;
  const { scheduledTimestampMs = 0, scheduleToCloseTimeoutMs = 0 } = info;
  return scheduleToCloseTimeoutMs <= 0 || now < scheduledTimestampMs + scheduleToCloseTimeoutMs;
}
