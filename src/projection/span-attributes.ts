import type { Failure, Step, Wait, WorkflowTrace } from "../core/model.ts";
import { stepsOf } from "../core/model.ts";
import { formatTime } from "../core/time.ts";
import { ENGINE_WORDS, MAX_ATTRIBUTES, VOCABULARY } from "../core/vocabulary.ts";
import type { AttributeValue } from "./span-record.ts";

type Attributes = Record<string, AttributeValue>;

/** Of one engine's attributes at most 24 stand on one span: what the user picked gives way first. */
const MOST_PICKED = MAX_ATTRIBUTES - 24;

/** Attributes that every span of a run carries. */
export function runAttributes(trace: WorkflowTrace): Attributes {
  const words = ENGINE_WORDS[trace.engine];
  // Assigned one by one, here and below: an object literal with computed keys takes ten times as long.
  const attributes: Attributes = {};
  attributes[VOCABULARY.engine.key] = trace.engine;
  attributes[VOCABULARY.id.key] = trace.workflowId;
  attributes[VOCABULARY.runId.key] = trace.runId;
  attributes[VOCABULARY.type.key] = trace.type;
  attributes[VOCABULARY.namespace.key] = trace.namespace;
  // A worker that runs one attempt does not know of the chain of runs.
  if (trace.firstRunId !== "") attributes[VOCABULARY.firstRunId.key] = trace.firstRunId;
  if (trace.taskQueue !== undefined) attributes[VOCABULARY.taskQueue.key] = trace.taskQueue;
  if (words.idAlias !== undefined) attributes[words.idAlias] = trace.workflowId;
  attributes[words.runIdAlias] = trace.runId;
  if (trace.parentWorkflowId !== undefined)
    attributes[VOCABULARY.parentId.key] = trace.parentWorkflowId;
  if (trace.rootWorkflowId !== undefined) attributes[VOCABULARY.rootId.key] = trace.rootWorkflowId;
  if (trace.degraded) attributes[VOCABULARY.degraded.key] = true;
  for (const [key, value] of Object.entries(trace.attributes).slice(0, MOST_PICKED)) {
    // A picked key must not replace what the run is found by.
    if (!Object.hasOwn(attributes, key)) attributes[key] = value;
  }
  return attributes;
}

/** Attributes of a step, on its own span and on those of its attempts. */
export function stepAttributes(
  base: Readonly<Attributes>,
  trace: WorkflowTrace,
  step: Step,
): Attributes {
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

/** Adds what a wait waits for. */
export function addWaitBegin(attributes: Attributes, wait: Wait): void {
  attributes[VOCABULARY.waitKind.key] = wait.kind;
  if (wait.deadline !== undefined)
    attributes[VOCABULARY.waitDeadline.key] = formatTime(wait.deadline);
}

/** Adds what a wait waits for and what ended it. */
export function addWait(attributes: Attributes, wait: Wait): void {
  addWaitBegin(attributes, wait);
  if (wait.outcome !== undefined) attributes[VOCABULARY.waitOutcome.key] = wait.outcome;
  if (wait.resolvedBy !== undefined) attributes[VOCABULARY.waitResolvedBy.key] = wait.resolvedBy;
}

/** Adds the names of the steps that a compensation undoes, each once: a loop may have done one a thousand times. */
export function addCompensation(
  attributes: Attributes,
  trace: WorkflowTrace,
  keys: readonly string[],
): void {
  const undone = new Set(keys);
  const names = new Set<string>();
  for (const step of stepsOf(trace)) if (undone.has(step.key)) names.add(step.name);
  attributes[VOCABULARY.stepCompensates.key] = [...names].join(",");
}

/** Adds the failure under OpenTelemetry's own names (https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/). */
export function addFailure(attributes: Attributes, failure: Failure): void {
  attributes["error.type"] = failure.innermost ?? failure.type;
  if (failure.message !== undefined) attributes["error.message"] = failure.message;
}
