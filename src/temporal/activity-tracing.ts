import { failureText, failureType } from "../core/failure-text.ts";
import { runIds } from "../core/ids.ts";
import type { Attempt, Failure, Step, StepOutcome, WorkflowTrace } from "../core/model.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { runWithIdentity } from "../correlation/active-identity.ts";
import { logFields } from "../correlation/log-fields.ts";
import { nodeSha256 } from "../correlation/node-sha256.ts";
import { type LogEvent, retryEvent } from "../projection/log-events.ts";
import { measurementsOf, retryMeasurement } from "../projection/measurements.ts";
import { projectSpans } from "../projection/spans.ts";
import type { Emit, WantedNotes } from "./provisional-spans.ts";
import { type RetryPolicy, willRetry } from "./retry-prediction.ts";

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
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly workflowExecution?: { readonly workflowId: string; readonly runId: string } | undefined;
  readonly workflowNamespace?: string | undefined;
  readonly workflowType?: string | undefined;
}

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
  /** Asked at the end of each attempt. */
  readonly wanted: () => WantedNotes;
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
      let ending: Pick<Attempt, "outcome" | "failure"> = { outcome: "completed" };
      let retried = false;
      try {
        return await runWithIdentity(active, execute);
      } catch (error) {
        ending = endingOf(error, options);
        retried = ending.outcome === "failed" && willRetry(info, error, now());
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
        guarded(() => tell(attemptTrace(identity, key, attempt, info.isLocal), retried, telemetry));
      }
    },
  };
}

/** Emits the attempt's span; what it measures, and where the server will try again, the retry. */
function tell(trace: WorkflowTrace, retried: boolean, { emit, wanted }: AttemptTelemetry): void {
  const wants = wanted();
  const measurements = wants.measurements ? measurementsOf(trace) : [];
  const events: LogEvent[] = [];
  const [step] = trace.steps;
  const [attempt] = step?.attempts ?? [];
  if (retried && step !== undefined && attempt !== undefined) {
    if (wants.measurements) measurements.push(retryMeasurement(trace, step, attempt));
    if (wants.events) events.push(retryEvent(trace, step, attempt, nodeSha256));
  }
  emit(projectSpans(trace, nodeSha256), { measurements, events });
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

/** How an attempt ended, told by the error's own words: `ApplicationFailure`s carry a type and a category. */
export function endingOf(
  error: unknown,
  options: TraceOptions,
): { outcome: StepOutcome; failure?: Failure } {
  const { name, type, category, message } =
    typeof error === "object" && error !== null ? (error as Readonly<Record<string, unknown>>) : {};
  // The result comes later from elsewhere: https://typescript.temporal.io/api/classes/activity.CompleteAsyncError
  if (name === "CompleteAsyncError") return { outcome: "completed" };
  if (name === "CancelledFailure" || name === "AbortError") return { outcome: "cancelled" };
  const text = failureText(message, options.failureMessages);
  return {
    outcome: "failed",
    failure: {
      type: failureType(typeof type === "string" && type !== "" ? type : name),
      ...(text !== undefined && { message: text }),
      ...(category === "BENIGN" && { benign: true }),
    },
  };
}

function guarded(observe: () => void): void {
  try {
    observe();
  } catch {
    // An attempt's result is its worker's, whatever becomes of its span.
  }
}
