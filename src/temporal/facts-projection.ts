import { businessKeys } from "../core/business-keys.ts";
import { failureText } from "../core/failure-text.ts";
import { runIds } from "../core/ids.ts";
import type { Failure, Step, WorkflowTrace } from "../core/model.ts";
import type { WarningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { identityText } from "../correlation/identity-text.ts";
import { nodeSha256 } from "../correlation/node-sha256.ts";
import { projectSpans } from "../projection/spans.ts";
import type { Telling } from "./provisional-spans.ts";
import type { RunFacts } from "./workflow/run-facts.ts";

/** What the worker knows of a run beside the facts; the SDK's `WorkflowInfo` fits. */
export interface RunInfo {
  readonly runId: string;
  readonly taskQueue?: string;
  readonly memo?: unknown;
  readonly searchAttributes?: unknown;
}

/** Turns what left the isolate into spans, with everything that only the worker's side can do: functions, hashes. */
export function projectFacts(
  info: RunInfo,
  facts: RunFacts,
  options: TraceOptions,
  warnings: WarningLog,
): Telling {
  const ids = runIds("temporal", facts.trace.runId, nodeSha256);
  return {
    runId: facts.trace.runId,
    historyLength: facts.historyLength,
    spans: projectSpans(completed(info, facts, options, warnings), nodeSha256, {
      after: facts.after,
      attempts: false,
    }),
    discarded: facts.discarded.flatMap((key) => [ids.span(key), ids.span(`${key}/waiting`)]),
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
