import { property } from "../host/property.ts";
import type { RetryPolicy } from "./retry-prediction.ts";

/** The parts of the SDK's activity `Info` that are read. */
export interface ActivityInfo {
  readonly activityId: string;
  readonly activityType: string;
  readonly attempt: number;
  readonly isLocal: boolean;
  readonly taskQueue: string;
  readonly currentAttemptScheduledTimestampMs: number;
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
