import { type FailureMessages, failureText, failureType } from "../../core/failure-text.ts";
import { ENGINE_WORDS, VOCABULARY } from "../../core/vocabulary.ts";
import { property } from "../../host/property.ts";
import type { ActivityInfo } from "../running-activity.ts";
import type { OfficialSpan } from "./span.ts";

type Attributes = Record<string, unknown>;

/** What is known of a span besides the span itself. */
export interface OfficialContext {
  /** The activity that it was begun in, where it is an activity's. */
  readonly activity: Partial<ActivityInfo> | undefined;
  /** Names of attributes that stay as they are, beside the vocabulary's. */
  readonly keep: ReadonlySet<string>;
  readonly failureMessages: FailureMessages | undefined;
  /** The run has continued as new: its span's own status cannot tell. */
  readonly continued: boolean;
}

/** The ids under the names that the interceptors give them: renamed, so they do not stay beside the vocabulary's. */
const RENAMED: ReadonlySet<string> = new Set([
  "temporalWorkflowId",
  "workflowId",
  "run_id",
  "runId",
  "workflowRunId",
  "temporalActivityId",
  "temporalUpdateId",
]);

/**
 * A span's attributes under the vocabulary's names, together with what its name says and how it ended.
 *
 * Of a span from the isolate nothing of `WorkflowInfo` stays but the ids: what remains are attributes with a dot in
 * their names, as OpenTelemetry has names (those of `WorkflowInfo` have none), and those that `keep` names. Of the other
 * spans everything stays but the ids' old names.
 */
export function officialAttributes(
  span: object,
  official: OfficialSpan,
  context: OfficialContext,
): Attributes {
  const given = property(span, "attributes");
  const { activity } = context;
  const attributes: Attributes = {};
  const set = (key: string, value: unknown): void => {
    if (isScalar(value) && value !== "") attributes[key] = value;
  };
  for (const [key, value] of Object.entries(Object(given))) {
    if (stays(key, official, context.keep)) attributes[key] = value;
  }
  const execution = activity?.workflowExecution;
  const workflowId =
    property(given, "temporalWorkflowId") ?? property(given, "workflowId") ?? execution?.workflowId;
  const runId =
    property(given, "run_id") ??
    property(given, "runId") ??
    property(given, "workflowRunId") ??
    execution?.runId;
  attributes[VOCABULARY.engine.key] = "temporal";
  set(VOCABULARY.id.key, workflowId);
  set(VOCABULARY.runId.key, runId);
  set(VOCABULARY.type.key, workflowTypeOf(given, official) ?? activity?.workflowType);
  set(VOCABULARY.namespace.key, property(given, "namespace") ?? activity?.workflowNamespace);
  set(VOCABULARY.taskQueue.key, property(given, "taskQueue") ?? activity?.taskQueue);
  set(VOCABULARY.firstRunId.key, property(given, "firstExecutionRunId"));
  set(VOCABULARY.parentId.key, property(property(given, "parent"), "workflowId"));
  set(VOCABULARY.rootId.key, property(property(given, "root"), "workflowId"));
  const { idAlias, runIdAlias, activityIdAlias } = ENGINE_WORDS.temporal;
  set(idAlias ?? "", workflowId);
  set(runIdAlias, runId);
  if (official.step !== undefined) {
    const activityId = property(given, "temporalActivityId") ?? activity?.activityId;
    set(VOCABULARY.stepKind.key, official.step);
    set(VOCABULARY.stepName.key, official.subject);
    set(VOCABULARY.stepId.key, activityId ?? property(given, "temporalUpdateId"));
    set(activityIdAlias ?? "", activityId);
    if (official.role === "attempt") set(VOCABULARY.stepAttempt.key, activity?.attempt);
    if (activity?.isLocal === true) set(VOCABULARY.local.key, true);
  }
  addEnding(attributes, span, official, context);
  return attributes;
}

function stays(key: string, official: OfficialSpan, keep: ReadonlySet<string>): boolean {
  if (keep.has(key)) return true;
  return official.isolate ? key.includes(".") : !RENAMED.has(key);
}

/** The workflow's type, as the isolate tells it or as it stands in the name of the span that starts or is the run. */
function workflowTypeOf(given: unknown, { role, subject }: OfficialSpan): unknown {
  const named = role === "start" || role === "run" ? subject : undefined;
  return property(given, "workflowType") ?? named;
}

/** Adds how it ended: for what has an end of its own, and the failure under OpenTelemetry's names. */
function addEnding(
  attributes: Attributes,
  span: object,
  { role }: OfficialSpan,
  { continued, failureMessages }: OfficialContext,
): void {
  const code = property(property(span, "status"), "code");
  const exception = exceptionOf(span);
  // Benign failures leave the status unset. An exception of the application's own, handled and recorded, fails nothing.
  const failed = code === STATUS_ERROR || (code !== STATUS_OK && exception !== undefined);
  const type = property(exception, "exception.type");
  if (role === "run" || role === "step" || role === "attempt") {
    const outcome = failed ? (isCancellation(type) ? "cancelled" : "failed") : "completed";
    attributes[VOCABULARY.outcome.key] =
      role === "run" && continued && !failed ? "continued_as_new" : outcome;
  }
  if (!failed) return;
  attributes["error.type"] = failureType(type);
  const text = failureText(property(exception, "exception.message"), failureMessages);
  if (text !== undefined) attributes["error.message"] = text;
}

const STATUS_OK = 1;
const STATUS_ERROR = 2;

function isCancellation(type: unknown): boolean {
  return type === "CancelledFailure" || type === "AbortError";
}

/** Attributes of the last exception that was recorded on a span. */
function exceptionOf(span: object): unknown {
  const events = property(span, "events");
  if (!Array.isArray(events)) return undefined;
  const last = events.findLast((event: unknown) => property(event, "name") === "exception");
  return property(last, "attributes");
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
