import { property } from "../host/property.ts";

/** The SDK's RetryPolicy as an activity's `Info` has it, with its intervals in milliseconds. */
export interface RetryPolicy {
  readonly maximumAttempts?: number;
  readonly nonRetryableErrorTypes?: readonly string[];
  readonly initialInterval?: unknown;
  readonly backoffCoefficient?: number;
  readonly maximumInterval?: unknown;
}

/** The parts of the SDK's activity `Info` that are read. Limits are 0, or missing, where there is none. */
export interface ActivityInfo {
  readonly activityId: string;
  readonly activityType: string;
  readonly attempt: number;
  readonly isLocal: boolean;
  readonly taskQueue: string;
  /** Milliseconds since the epoch. */
  readonly currentAttemptScheduledTimestampMs: number;
  /** When the activity was scheduled first, in milliseconds since the epoch. */
  readonly scheduledTimestampMs?: number;
  readonly scheduleToCloseTimeoutMs?: number;
  readonly startToCloseTimeoutMs?: number;
  readonly heartbeatTimeoutMs?: number;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly workflowExecution?: { readonly workflowId: string; readonly runId: string } | undefined;
  readonly workflowNamespace?: string | undefined;
  readonly workflowType?: string | undefined;
}

/**
 * Where the SDK keeps the context of the running activity, for all copies of `@temporalio/activity` in a process
 * (https://github.com/temporalio/sdk-typescript/blob/main/packages/activity/src/index.ts).
 */
const STORAGE = Symbol.for("__temporal_activity_context_storage__");

/**
 * The SDK's `Info` of the activity that the calling code runs in; undefined outside of one, and with an SDK that keeps it
 * elsewhere. Read from the global so that nothing of `@temporalio/activity` is imported. Never throws.
 */
export function runningActivity(): Partial<ActivityInfo> | undefined {
  try {
    const info = property(runningContext(), "info");
    return typeof info === "object" && info !== null ? info : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Why the SDK cancelled the activity that the calling code runs in: `CANCELLED`, `TIMED_OUT`, `WORKER_SHUTDOWN` and the like;
 * undefined when it did not. Where there is no telling it is `CANCELLED`, which it is most often. Never throws.
 */
export function runningCancelReason(): string | undefined {
  try {
    const signal = property(runningContext(), "cancellationSignal");
    if (property(signal, "aborted") === false) return undefined;
    const reason = property(property(signal, "reason"), "message");
    return typeof reason === "string" ? reason : "CANCELLED";
  } catch {
    return "CANCELLED";
  }
}

function runningContext(): unknown {
  const storage: unknown = Reflect.get(globalThis, STORAGE);
  const getStore = property(storage, "getStore");
  return typeof getStore === "function" ? Reflect.apply(getStore, storage, []) : undefined;
}
