import { runIds } from "../core/ids.ts";
import type { Attempt, Step, WorkflowTrace } from "../core/model.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { runWithIdentity } from "../correlation/active-identity.ts";
import { logFields } from "../correlation/log-fields.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { retryEvent } from "../projection/log-events.ts";
import { measurementsOf, retryMeasurement } from "../projection/measurements.ts";
import { projectSpans } from "../projection/spans.ts";
import { type AttemptEnding, endingOf } from "./attempt-ending.ts";
import type { Notes, WantedNotes } from "./notes.ts";
import type { Emit } from "./provisional-spans.ts";
import { willRetry } from "./retry-prediction.ts";
import { type ActivityInfo, runningCancelReason } from "./running-activity.ts";
import type { AskedRun } from "./server-questions.ts";
import type { TimedOutAttempt, TimedOutAttempts } from "./timed-out-attempts.ts";
import { failureOf } from "./workflow/failure.ts";

/** One attempt as its worker sees it. */
export interface ActivityAttempt {
  /**
   * Runs the activity with its identity active; emits the attempt's span at its end, however it ends.
   *
   * @param key the step's key, where the activity's id does not tell it
   */
  run<Value>(execute: () => Promise<Value>, key?: string): Promise<Value>;
  /** Fields of the activity's log lines. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Where attempts are told. */
export interface AttemptTelemetry {
  readonly emit: Emit;
  /** Asked at the end of each attempt, and at the begin of one that is a retry. */
  readonly wanted: () => WantedNotes;
  readonly timedOut: TimedOutAttempts;
}

/** Traces one attempt of an activity; undefined for activities that no workflow started. */
export function activityAttempt(
  info: ActivityInfo,
  options: TraceOptions,
  telemetry: AttemptTelemetry,
  now: () => number = Date.now,
): ActivityAttempt | undefined {
  const execution = info.workflowExecution;
  if (execution === undefined) return undefined;
  const ownKey = `${info.isLocal ? "local" : "activity"}:${info.activityId}`;
  const ids = runIds("temporal", execution.runId, nodeSha256);
  const identity = {
    engine: "temporal" as const,
    workflowId: execution.workflowId,
    runId: execution.runId,
    namespace: info.workflowNamespace ?? "default",
    ...(info.workflowType !== undefined && { workflowType: info.workflowType }),
    taskQueue: info.taskQueue,
    stepName: info.activityType,
    stepKind: "activity",
    stepId: info.activityId,
    attempt: info.attempt,
    traceId: ids.traceId,
    spanId: ids.attempt(`${ownKey}#${info.attempt}`),
  };
  return {
    fields: logFields(identity),
    async run(execute, key = ownKey) {
      const began = now();
      const active = { ...identity, spanId: ids.attempt(`${key}#${info.attempt}`) };
      let ending: AttemptEnding = { outcome: "completed" };
      let retried = false;
      const trace = (attempt: Attempt): WorkflowTrace =>
        attemptTrace(identity, key, attempt, info.isLocal);
      if (info.attempt > 1) {
        const before = { key: `${key}#${info.attempt - 1}`, number: info.attempt - 1 };
        void tellTimedOut(info, active, ids.attempt(before.key), telemetry, ({ failure, ended }) =>
          trace({
            ...before,
            redrive: 0,
            ended: ended ?? info.currentAttemptScheduledTimestampMs,
            outcome: "timed_out",
            failure: failureOf(failure, options.failureMessages),
            observed: "failure",
          }),
        );
      }
      try {
        return await runWithIdentity(active, execute);
      } catch (error) {
        guarded(() => {
          const late = overran(info, now() - began);
          ending = endingOf(error, options, cancelReason(info, late));
          retried = ending.outcome === "failed" && !late && willRetry(info, error, now());
        });
        throw error;
      } finally {
        // A server that skips time schedules ahead of this machine's clock: an attempt cannot begin before that.
        const skipped = Math.max(0, info.currentAttemptScheduledTimestampMs - began);
        const attempt: Attempt = {
          key: `${key}#${info.attempt}`,
          number: info.attempt,
          redrive: 0,
          // What runs in the workflow's own worker waits in no queue.
          ...(!info.isLocal && { scheduled: info.currentAttemptScheduledTimestampMs }),
          started: began + skipped,
          ended: Math.max(began, now()) + skipped,
          observed: "full",
          closedBy: 1,
          ...ending,
        };
        guarded(() => {
          retried &&= telemetry.timedOut.claim(active.spanId);
          tell(trace(attempt), retried, telemetry);
        });
      }
    },
  };
}

/**
 * Whether an attempt of so many milliseconds ended too late: the server had given it up, and has its time-out for its
 * failure. Measured here it lasted no longer than there.
 */
function overran({ startToCloseTimeoutMs = 0 }: ActivityInfo, lasted: number): boolean {
  return startToCloseTimeoutMs > 0 && lasted >= startToCloseTimeoutMs;
}

/** Why the SDK cancelled the attempt, as the server takes it; undefined when it did not. */
function cancelReason({ isLocal }: ActivityInfo, late: boolean): string | undefined {
  const reason = runningCancelReason();
  if (reason === undefined) return undefined;
  if (late) return "TIMED_OUT";
  // A local activity that ends with its worker has not failed: the next worker begins it anew.
  return isLocal && reason === "WORKER_SHUTDOWN" ? "CANCELLED" : reason;
}

/** Emits the attempt's span; what it measures, and where the server will try again, the retry. */
function tell(trace: WorkflowTrace, retried: boolean, { emit, wanted }: AttemptTelemetry): void {
  const wants = wanted();
  const measurements = wants.measurements ? measurementsOf(trace) : [];
  const retry = retried ? retryNotes(trace, wants) : { measurements: [], events: [] };
  emit(projectSpans(trace, nodeSha256), {
    measurements: [...measurements, ...retry.measurements],
    events: retry.events,
  });
}

/** Tells of the retry that an attempt is, where the one before timed out. Never rejects. */
async function tellTimedOut(
  info: ActivityInfo,
  run: AskedRun,
  spanId: string,
  { emit, wanted, timedOut }: AttemptTelemetry,
  traceOf: (before: TimedOutAttempt) => WorkflowTrace,
): Promise<void> {
  try {
    const wants = wanted();
    if (!wants.measurements && !wants.events) return;
    const before = await timedOut.before(info, run, spanId);
    if (before !== undefined) emit([], retryNotes(traceOf(before), wants));
  } catch {
    // What cannot be told costs the attempt nothing.
  }
}

/** What is told of the retry of the one attempt in a trace. */
function retryNotes(trace: WorkflowTrace, wants: WantedNotes): Notes {
  const [step] = trace.steps;
  const [attempt] = step?.attempts ?? [];
  if (step === undefined || attempt === undefined) return { measurements: [], events: [] };
  return {
    measurements: wants.measurements ? [retryMeasurement(trace, step, attempt)] : [],
    events: wants.events ? [retryEvent(trace, step, attempt, nodeSha256)] : [],
  };
}

/** A trace with nothing new in it but the attempt: the run and the step are others' to tell of. */
function attemptTrace(
  identity: {
    workflowId: string;
    runId: string;
    namespace: string;
    workflowType?: string;
    taskQueue: string;
    stepName: string;
    stepId: string;
  },
  key: string,
  attempt: Attempt,
  local: boolean,
): WorkflowTrace {
  const started = attempt.started ?? 0;
  const step: Step = {
    key,
    kind: "activity",
    name: identity.stepName,
    id: identity.stepId,
    scheduled: started,
    attempts: [attempt],
    children: [],
    links: [],
    segment: 0,
    openedBy: 0,
    ...(local && { local }),
  };
  return {
    engine: "temporal",
    workflowId: identity.workflowId,
    runId: identity.runId,
    firstRunId: "",
    type: identity.workflowType ?? "",
    namespace: identity.namespace,
    taskQueue: identity.taskQueue,
    links: [],
    started,
    redrive: 0,
    segments: [{ started, openedBy: 0 }],
    steps: [step],
    taskFaults: [],
    attributes: {},
    degraded: false,
    lastEvent: 0,
  };
}

function guarded(observe: () => void): void {
  try {
    observe();
  } catch {
    // An attempt's result is its worker's, whatever becomes of its span.
  }
}
