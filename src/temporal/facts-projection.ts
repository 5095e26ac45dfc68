import { businessKeys } from "../core/business-keys.ts";
import { failureText } from "../core/failure-text.ts";
import { runIds } from "../core/ids.ts";
import type { Failure, Step, WorkflowTrace } from "../core/model.ts";
import type { WarningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { identityText } from "../correlation/identity-text.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { logEventsOf } from "../projection/log-events.ts";
import { measurementsOf } from "../projection/measurements.ts";
import { projectSpans } from "../projection/spans.ts";
import type { WantedNotes } from "./notes.ts";
import type { Telling } from "./provisional-spans.ts";
import type { RunFacts } from "./workflow/run-facts.ts";

/** What the worker knows of a run beside the facts; the SDK's `WorkflowInfo` fits. */
export interface RunInfo {
  readonly runId: string;
  readonly taskQueue?: string;
  readonly memo?: unknown;
  readonly searchAttributes?: unknown;
}

/** How facts are told of. */
export interface FactsOptions extends TraceOptions {
  /** Keys of business attributes that become labels of what is measured of runs. */
  readonly metricAttributes?: readonly string[];
}

/**
 * Turns what left the isolate into spans, measurements and log lines, with everything that only the worker's side can
 * do: functions, hashes. Attempts are left out: the worker that runs them tells of them.
 *
 * @param wanted which notes are to be made
 */
export function projectFacts(
  info: RunInfo,
  facts: RunFacts,
  options: FactsOptions,
  warnings: WarningLog,
  wanted: WantedNotes,
): Telling {
  const { after, discarded } = facts;
  const ids = runIds("temporal", facts.trace.runId, nodeSha256);
  const trace = completed(info, facts, options, warnings);
  const growth = { after, attempts: false };
  return {
    runId: trace.runId,
    historyLength: facts.historyLength,
    spans: projectSpans(trace, nodeSha256, growth),
    measurements: wanted.measurements
      ? measurementsOf(trace, { ...growth, runLabels: options.metricAttributes ?? [] })
      : [],
    events: wanted.events ? logEventsOf(trace, nodeSha256, growth) : [],
    discarded: discarded.flatMap((key) => [ids.span(key), ids.span(`${key}/waiting`)]),
    discardedKeys: discarded,
    endedByRun: trace.steps
      .filter(({ closedBy }) => closedBy !== undefined && closedBy === trace.segments[0]?.closedBy)
      .flatMap(({ key }) => [ids.span(key), key]),
  };
}

function completed(
  info: RunInfo,
  { trace, input }: RunFacts,
  options: TraceOptions,
  warnings: WarningLog,
): WorkflowTrace {
  const attributes = businessKeys(
    options.businessKeys,
    () => ({ input, memo: record(info.memo), searchAttributes: record(info.searchAttributes) }),
    warnings,
  );
  return {
    ...trace,
    ...(info.taskQueue !== undefined && { taskQueue: info.taskQueue }),
    attributes,
    ...(trace.failure !== undefined && { failure: redacted(trace.failure, options) }),
    segments: trace.segments.map((segment) => ({
      ...segment,
      ...(segment.failure !== undefined && { failure: redacted(segment.failure, options) }),
    })),
    steps: trace.steps.map((step) => redactedStep(step, options)),
  };
}

function redactedStep(step: Step, options: TraceOptions): Step {
  const { failure, wait, ...rest } = step;
  const { resolvedBy: identity, ...open } = wait ?? { kind: "timer" as const };
  const resolvedBy = identityText(identity, options.identities);
  return {
    ...rest,
    ...(failure !== undefined && { failure: redacted(failure, options) }),
    ...(wait !== undefined && {
      wait: { ...open, ...(resolvedBy !== undefined && { resolvedBy }) },
    }),
  };
}

function redacted({ message, ...failure }: Failure, options: TraceOptions): Failure {
  const text = failureText(message, options.failureMessages);
  return { ...failure, ...(text !== undefined && { message: text }) };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
