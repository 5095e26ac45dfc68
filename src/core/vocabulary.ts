import type { Engine } from "./model.ts";

/** One attribute of the vocabulary, as `docs/attributes.md` lists it. */
export interface VocabularyEntry {
  readonly key: string;
  readonly type: "string" | "int" | "boolean";
  readonly temporal: string;
  readonly stepFunctions: string;
}

/** How the code calls the attributes. */
export type VocabularyName =
  | "engine"
  | "id"
  | "runId"
  | "firstRunId"
  | "type"
  | "namespace"
  | "taskQueue"
  | "stepName"
  | "stepKind"
  | "stepId"
  | "stepAttempt"
  | "stepAttempts"
  | "stepCompensates"
  | "outcome"
  | "waitKind"
  | "waitOutcome"
  | "waitResolvedBy"
  | "waitDeadline"
  | "parentId"
  | "rootId"
  | "redrive"
  | "local"
  | "rawStart"
  | "rawEnd"
  | "spanStart"
  | "degraded";

const entry = (
  key: string,
  type: VocabularyEntry["type"],
  temporal: string,
  stepFunctions = temporal,
): VocabularyEntry => ({
  key,
  type,
  temporal,
  stepFunctions,
});

/**
 * Every attribute that stands on spans and log lines; flat scalars, at most {@link MAX_ATTRIBUTES} a span.
 * OpenTelemetry has no convention for workflow engines yet (semantic-conventions issue 1688, draft 2387).
 */
export const VOCABULARY: Readonly<Record<VocabularyName, VocabularyEntry>> = {
  engine: entry("workflow.engine", "string", "`temporal`", "`aws_step_functions`"),
  id: entry("workflow.id", "string", "workflow id", "execution name"),
  runId: entry("workflow.run_id", "string", "run id", "execution ARN"),
  firstRunId: entry(
    "workflow.first_run_id",
    "string",
    "first run of the chain (continue-as-new, retry, cron)",
    "execution ARN",
  ),
  type: entry("workflow.type", "string", "workflow type", "state machine name"),
  namespace: entry("workflow.namespace", "string", "namespace", "`account/region`"),
  taskQueue: entry("workflow.task_queue", "string", "task queue", "absent"),
  stepName: entry(
    "workflow.step.name",
    "string",
    "activity type, timer summary, child type, signal or update name",
    "state name",
  ),
  stepKind: entry("workflow.step.kind", "string", "kind of the step (ARCHITECTURE.md)"),
  stepId: entry(
    "workflow.step.id",
    "string",
    "activity id, timer id, child workflow id, update id, event id",
    "id of the StateEntered event",
  ),
  stepAttempt: entry("workflow.step.attempt", "int", "1-based number of the attempt"),
  stepAttempts: entry("workflow.step.attempts", "int", "how often the step was tried"),
  stepCompensates: entry(
    "workflow.step.compensates",
    "string",
    "names of the steps that it undoes, comma-joined",
  ),
  outcome: entry(
    "workflow.outcome",
    "string",
    "`completed failed cancelled terminated timed_out continued_as_new`; of a step also `abandoned`",
    "`completed failed timed_out aborted`; of a step also `abandoned`",
  ),
  waitKind: entry(
    "workflow.wait.kind",
    "string",
    "`timer signal update child`",
    "`timer task_token activity`",
  ),
  waitOutcome: entry(
    "workflow.wait.outcome",
    "string",
    "`resolved elapsed cancelled abandoned`",
    "`resolved elapsed failed abandoned`",
  ),
  waitResolvedBy: entry(
    "workflow.wait.resolved_by",
    "string",
    "identity of the signal or update",
    "whoever answered the task token, where it is known",
  ),
  waitDeadline: entry("workflow.wait.deadline", "string", "when the wait gives up, ISO 8601"),
  parentId: entry(
    "workflow.parent.id",
    "string",
    "parent's workflow id",
    "the parent's execution name, where it is known",
  ),
  rootId: entry(
    "workflow.root.id",
    "string",
    "topmost workflow id",
    "the topmost execution name, where it is known",
  ),
  redrive: entry("workflow.redrive", "int", "absent", "redrive count, when above 0"),
  local: entry("workflow.step.local", "boolean", "true on local activities", "absent"),
  rawStart: entry(
    "durascope.raw_start",
    "string",
    "recorded start, ISO 8601, where it lay outside the parent and was moved into it",
  ),
  rawEnd: entry(
    "durascope.raw_end",
    "string",
    "recorded end, ISO 8601, where it lay outside the parent and was moved into it",
  ),
  spanStart: entry(
    "durascope.span_start",
    "string",
    "begin of a span that is longer than `longestSpan` and is sent as 0 ms at its end, ISO 8601 (docs/sampling.md)",
  ),
  degraded: entry(
    "durascope.degraded",
    "boolean",
    "absent",
    "true when the history lacks previous ids and parents are guessed from names",
  ),
};

/**
 * Version of what stands in this file and of the recipes of ids, apart from the package's: a rename is a major one
 * (docs/attribute-schema.md).
 */
export const VOCABULARY_VERSION = "1.0.0";

/** Most attributes on one span; what goes over it is left out, business keys first. */
export const MAX_ATTRIBUTES = 32;

/** What an engine is customarily told by, and how its attempts read on spans: data, so that no projection asks which engine it is. */
export interface EngineWords {
  /** How people call the engine. */
  readonly title: string;
  /** Names that people already query, beside the vocabulary's. */
  readonly idAlias?: string;
  readonly runIdAlias: string;
  readonly activityIdAlias?: string;
  /** Span kind of a step that is work: CLIENT where the engine's client schedules it. */
  readonly stepKind: "CLIENT" | "INTERNAL";
  /** Span kind of an attempt: CONSUMER where the worker that ran it exports it. */
  readonly attemptKind: "CONSUMER" | "CLIENT";
  /** Which time an attempt's span begins at. */
  readonly attemptFrom: "scheduled" | "started";
}

/** {@link EngineWords} of each engine. */
export const ENGINE_WORDS: Readonly<Record<Engine, EngineWords>> = {
  temporal: {
    title: "Temporal",
    idAlias: "temporalWorkflowID",
    runIdAlias: "temporalRunID",
    activityIdAlias: "temporalActivityID",
    stepKind: "CLIENT",
    attemptKind: "CONSUMER",
    attemptFrom: "started",
  },
  aws_step_functions: {
    title: "Step Functions",
    runIdAlias: "aws.step_functions.execution.arn",
    stepKind: "INTERNAL",
    attemptKind: "CLIENT",
    attemptFrom: "scheduled",
  },
};
