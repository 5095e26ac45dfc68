import type { Failure, Step, WorkflowTrace } from "../core/model.ts";
import { formatTime } from "../core/time.ts";
import { ENGINE_WORDS, MAX_ATTRIBUTES, VOCABULARY } from "../core/vocabulary.ts";
import type { AttributeValue } from "./span-record.ts";

type Attributes = Record<string, AttributeValue>;

/** Attributes that every span of a run carries. */
export function runAttributes(trace: WorkflowTrace): Attributes {
  const words = ENGINE_WORDS[trace.engine];
  const attributes: Attributes = {
    [VOCABULARY.engine.key]: trace.engine,
    [VOCABULARY.id.key]: trace.workflowId,
    [VOCABULARY.runId.key]: trace.runId,
    [VOCABULARY.firstRunId.key]: trace.firstRunId,
    [VOCABULARY.type.key]: trace.type,
    [VOCABULARY.namespace.key]: trace.namespace,
  };
  if (trace.taskQueue !== undefined) attributes[VOCABULARY.taskQueue.key] = trace.taskQueue;
  if (words.idAlias !== undefined) attributes[words.idAlias] = trace.workflowId;
  attributes[words.runIdAlias] = trace.runId;
  if (trace.parentWorkflowId !== undefined)
    attributes[VOCABULARY.parentId.key] = trace.parentWorkflowId;
  if (trace.rootWorkflowId !== undefined) attributes[VOCABULARY.rootId.key] = trace.rootWorkflowId;
  if (trace.degraded) attributes[VOCABULARY.degraded.key] = true;
  // Steps add at most a dozen of their own: what the user picked gives way first.
  for (const [key, value] of Object.entries(trace.attributes).slice(0, MAX_ATTRIBUTES - 24))
    attributes[key] = value;
  return attributes;
}

/** Attributes of a step, on its own span and on those of its attempts. */
export function stepAttributes(base: Attributes, trace: WorkflowTrace, step: Step): Attributes {
  const attributes = { ...base };
  attributes[VOCABULARY.stepName.key] = step.name;
  attributes[VOCABULARY.stepKind.key] = step.kind;
  attributes[VOCABULARY.stepId.key] = step.id;
  if (step.segment > 0) attributes[VOCABULARY.redrive.key] = step.segment;
  if (step.local === true) attributes[VOCABULARY.local.key] = true;
  const alias = ENGINE_WORDS[trace.engine].activityIdAlias;
  if (alias !== undefined && step.kind === "activity") attributes[alias] = step.id;
  return attributes;
}

/** Adds what a wait waits for and what ended it. */
export function addWait(attributes: Attributes, wait: NonNullable<Step["wait"]>): void {
  attributes[VOCABULARY.waitKind.key] = wait.kind;
  if (wait.deadline !== undefined)
    attributes[VOCABULARY.waitDeadline.key] = formatTime(wait.deadline);
  if (wait.outcome !== undefined) attributes[VOCABULARY.waitOutcome.key] = wait.outcome;
  if (wait.resolvedBy !== undefined) attributes[VOCABULARY.waitResolvedBy.key] = wait.resolvedBy;
}

/** Adds the failure under OpenTelemetry's own names (https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/). */
export function addFailure(attributes: Attributes, failure: Failure): void {
  attributes["error.type"] = failure.innermost ?? failure.type;
  if (failure.message !== undefined) attributes["error.message"] = failure.message;
}
