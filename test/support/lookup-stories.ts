import { randomBytes, randomUUID } from "node:crypto";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import type { WorkflowTrace } from "../../src/core/model.ts";
import type { Result } from "../../src/core/result.ts";
import { spansOf } from "../../src/index.ts";
import type { RecordedSpan } from "../../src/lookup/recorded-run.ts";
import { traceFromHistory as traceOfExecution } from "../../src/stepfunctions/history.ts";
import { encodeLogs, encodeSpans } from "../../src/telemetry/otlp/otlp-json.ts";
import type { OtlpLog, OtlpSpan } from "../../src/telemetry/otlp/otlp-model.ts";
import { traceFromHistory as traceOfRun } from "../../src/temporal/history.ts";
import { type FixtureEngine, stepFunctionsFixture, temporalFixture } from "./saga-fixtures.ts";

/** A run of the order saga under an id of its own, so that tests may share a backend. */
export interface StoryRun {
  readonly engine: FixtureEngine;
  /** Workflow id, execution name. */
  readonly workflowId: string;
  /** Run id, execution ARN. */
  readonly runId: string;
  readonly traceId: string;
  readonly spans: readonly RecordedSpan[];
}

/** How a {@link StoryRun} differs from what was recorded. */
export interface StoryOptions {
  readonly scenario?: string;
  readonly workflowId?: string;
  /** Only the first events of the history: a run that is still open. */
  readonly events?: number;
  /** When its last span ends, ms since the epoch; left out: as recorded. */
  readonly endsAt?: number;
}

/** Text that no other test uses. */
export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString("hex")}`;
}

/** A recorded run of the saga on either engine with ids of its own. */
export function storyRun(engine: FixtureEngine, options: StoryOptions = {}): StoryRun {
  const workflowId = options.workflowId ?? unique("order");
  const trace = unwrap(
    engine === "temporal"
      ? temporalTrace(workflowId, options)
      : executionTrace(workflowId, options),
  );
  const resource = { "service.name": trace.type };
  // The history's own chain is of the run that was recorded.
  const chain = engine === "temporal" ? { "workflow.first_run_id": trace.runId } : {};
  const spans = spansOf(trace).map(({ role: _role, seq: _seq, attributes, ...span }) => ({
    ...span,
    attributes: { ...attributes, ...chain },
    resource,
  }));
  const last = Math.max(...spans.map((span) => span.endTime));
  return {
    engine,
    workflowId,
    runId: trace.runId,
    traceId: spans[0]?.traceId ?? "",
    spans: moved(spans, options.endsAt === undefined ? 0 : Math.round(options.endsAt - last)),
  };
}

/** The spans at another time, by so many ms. */
export function moved(spans: readonly RecordedSpan[], by: number): RecordedSpan[] {
  return spans.map((span) => ({
    ...span,
    startTime: span.startTime + by,
    endTime: span.endTime + by,
    events: span.events.map((event) => ({ ...event, time: event.time + by })),
  }));
}

/** The run with attributes on all of its spans. */
export function withAttributes(run: StoryRun, attributes: RecordedSpan["attributes"]): StoryRun {
  return {
    ...run,
    spans: run.spans.map((span) => ({
      ...span,
      attributes: { ...span.attributes, ...attributes },
    })),
  };
}

/** The run with a link on its root span to that of another one; also to a span of somebody else. */
export function withLink(
  run: StoryRun,
  target: Pick<OtlpSpan, "traceId" | "spanId">,
  relation: string,
): StoryRun {
  const root = rootOf(run);
  const link = {
    traceId: target.traceId,
    spanId: target.spanId,
    attributes: { "link.relation": relation },
  };
  return {
    ...run,
    spans: run.spans.map((span) =>
      span === root ? { ...span, links: [...span.links, link] } : span,
    ),
  };
}

/** The run's own span. */
export function rootOf(run: StoryRun): RecordedSpan {
  const root = run.spans.find(
    (span) =>
      span.parentSpanId === undefined ||
      !run.spans.some((other) => other.spanId === span.parentSpanId),
  );
  if (root === undefined) throw new Error("a run without spans");
  return root;
}

/** A span of somebody else, in a trace of its own. */
export function foreignSpan(name: string, service: string, time: number): RecordedSpan {
  return {
    traceId: randomBytes(16).toString("hex"),
    spanId: randomBytes(8).toString("hex"),
    name,
    kind: "SERVER",
    startTime: time,
    endTime: time + 5,
    attributes: { "http.request.method": "POST" },
    status: { code: "UNSET" },
    links: [],
    events: [],
    resource: { "service.name": service },
  };
}

/** Spans as one OTLP/JSON export request, grouped by their resources. */
export function spanRequest(spans: readonly RecordedSpan[]): string {
  const groups = Map.groupBy(spans, (span) => JSON.stringify(span.resource));
  return encodeSpans(
    [...groups.values()].map((group) => ({ resource: group[0]?.resource ?? {}, spans: group })),
  );
}

/** Log lines as one OTLP/JSON export request. */
export function logRequest(logs: readonly OtlpLog[]): string {
  return encodeLogs([{ resource: { "service.name": "orderSaga" }, logs }]);
}

function temporalTrace(workflowId: string, options: StoryOptions): Result<WorkflowTrace> {
  const { history, namespace } = temporalFixture(options.scenario ?? "approved");
  const identity = { workflowId, runId: randomUUID(), namespace };
  return traceOfRun({ events: history.events.slice(0, options.events) }, identity, sagaOptions);
}

function executionTrace(name: string, options: StoryOptions): Result<WorkflowTrace> {
  const { executionArn, events } = stepFunctionsFixture(options.scenario ?? "approved");
  const arn = executionArn.replace(/[^:]*$/, name);
  return traceOfExecution(
    { events: events.slice(0, options.events) },
    { executionArn: arn },
    sagaOptions,
  );
}

function unwrap(result: Result<WorkflowTrace>): WorkflowTrace {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
