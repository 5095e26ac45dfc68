import type { StepKind } from "../../core/model.ts";
import { property } from "../../host/property.ts";
import { SPAN_KINDS } from "../../host/readable-span.ts";

/** Kind of a span, by its name in OpenTelemetry's API. */
export type SpanKindName = (typeof SPAN_KINDS)[number];

/** What a span of Temporal's own interceptors tells of, by the first part of its name. */
export interface OfficialMeaning {
  readonly kind: SpanKindName;
  /**
   * `run`, `start`, `step` and `attempt` have a name in the vocabulary and are renamed to it. `other` has none, and no
   * outcome: it asks for something and ends before that does, or it handles a message, in the trace of whoever sent it.
   */
  readonly role: "run" | "start" | "step" | "attempt" | "other";
  /** What the second part of the name is the name of; absent when it is a workflow's type, or nothing of a step. */
  readonly step?: StepKind;
}

/**
 * The names of `@temporalio/interceptors-opentelemetry` 1.24 and `-v2` 1.23
 * (https://github.com/temporalio/sdk-typescript/blob/main/contrib/interceptors-opentelemetry/src/workflow/definitions.ts).
 */
const MEANINGS: Readonly<Record<string, OfficialMeaning>> = {
  StartWorkflow: { kind: "PRODUCER", role: "start" },
  SignalWithStartWorkflow: { kind: "PRODUCER", role: "start" },
  RunWorkflow: { kind: "INTERNAL", role: "run" },
  StartActivity: { kind: "CLIENT", role: "step", step: "activity" },
  RunActivity: { kind: "CONSUMER", role: "attempt", step: "activity" },
  HandleSignal: { kind: "INTERNAL", role: "other", step: "signal" },
  HandleUpdate: { kind: "INTERNAL", role: "other", step: "update" },
  HandleQuery: { kind: "INTERNAL", role: "other", step: "query" },
  ValidateUpdate: { kind: "INTERNAL", role: "other" },
  UpdateWithStartWorkflow: { kind: "PRODUCER", role: "other" },
  SignalWorkflow: { kind: "PRODUCER", role: "other" },
  ContinueAsNew: { kind: "PRODUCER", role: "other" },
  // They end when the child or the operation has started, so they are no step that ended.
  StartChildWorkflow: { kind: "PRODUCER", role: "other", step: "child_workflow" },
  StartNexusOperation: { kind: "CLIENT", role: "other", step: "nexus" },
  RunStartNexusOperation: { kind: "SERVER", role: "other" },
  RunCancelNexusOperation: { kind: "SERVER", role: "other" },
  StartWorkflowUpdate: { kind: "CLIENT", role: "other" },
  QueryWorkflow: { kind: "CLIENT", role: "other" },
  TerminateWorkflow: { kind: "CLIENT", role: "other" },
  CancelWorkflow: { kind: "CLIENT", role: "other" },
  DescribeWorkflow: { kind: "CLIENT", role: "other" },
};

/** Where a span comes from: its attributes are the interceptor's own in one case, all of `WorkflowInfo` in the other. */
export interface OfficialSpan extends OfficialMeaning {
  /** First part of the name: `RunActivity`. */
  readonly what: string;
  /** What stands after the colon: an activity's or a workflow's type, a signal's name. Empty when nothing does. */
  readonly subject: string;
  /** Made inside the workflow isolate, so that the worker's side put the whole `WorkflowInfo` on it. */
  readonly isolate: boolean;
}

const SCOPE = "@temporalio/interceptor-";

/**
 * What a span of Temporal's own interceptors tells of; undefined for a span of anything else.
 *
 * It is told by the instrumentation's scope; where the interceptors were given a tracer of the application's, by its name
 * and the ids that they alone put on spans. A span that workflow code makes by itself leaves the isolate through the
 * interceptors' exporter, with all of `WorkflowInfo` on it like their own: it is one of theirs without a meaning.
 */
export function officialSpan(span: object): OfficialSpan | undefined {
  const name = property(span, "name");
  if (typeof name !== "string") return undefined;
  const colon = name.indexOf(":");
  const what = colon === -1 ? name : name.slice(0, colon);
  const scope = scopeOf(span);
  const ofPackage = scope.startsWith(SCOPE);
  const meaning = Object.hasOwn(MEANINGS, what) ? MEANINGS[what] : undefined;
  if (!ofPackage && hasWorkflowInfo(span)) {
    const kind = SPAN_KINDS[Number(property(span, "kind"))] ?? "INTERNAL";
    return { kind, role: "other", what: name, subject: "", isolate: true };
  }
  if (!ofPackage && (meaning === undefined || !hasOfficialIds(span))) return undefined;
  return {
    // A name that is newer than this table is still their span, with their ids and payloads.
    ...(meaning ?? { kind: "INTERNAL", role: "other" }),
    what,
    subject: colon === -1 ? "" : name.slice(colon + 1),
    isolate: scope === `${SCOPE}workflow`,
  };
}

/** Name of the instrumentation, as SDK 2 and 3 or as SDK 1 tells it. */
function scopeOf(span: object): string {
  const scope =
    property(property(span, "instrumentationScope"), "name") ??
    property(property(span, "instrumentationLibrary"), "name");
  return typeof scope === "string" ? scope : "";
}

function hasOfficialIds(span: object): boolean {
  const attributes = property(span, "attributes");
  return (
    property(attributes, "temporalWorkflowId") !== undefined ||
    property(attributes, "temporalActivityId") !== undefined
  );
}

/** Whether the attributes are those of `WorkflowInfo`, whose names have no dots. */
function hasWorkflowInfo(span: object): boolean {
  const attributes = property(span, "attributes");
  return ["workflowId", "runId", "workflowType", "taskQueue"].every(
    (name) => typeof property(attributes, name) === "string",
  );
}
