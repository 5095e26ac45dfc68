import { VOCABULARY } from "../core/vocabulary.ts";
import { attributeText } from "../lookup/attribute-text.ts";
import type { RecordedLog, RecordedRun, RecordedSpan } from "../lookup/recorded-run.ts";
import { roleOf, type SpanRole } from "../lookup/span-role.ts";
import type { OtlpAttributes } from "../telemetry/otlp/otlp-model.ts";
import {
  attemptRow,
  failureOf,
  openTaskRow,
  type RowSource,
  spanRow,
  taskRow,
  waitRow,
} from "./report-rows.ts";
import type { ReportLog, ReportRow, RunReport } from "./run-report.ts";

/** What stands deeper than this is shown beside the rest: spans of a broken instrumentation may even point at each other. */
const DEEPEST = 100;

/**
 * A run's spans and log lines as a report. The run may still be open: what has no span yet is drawn from the markers and
 * from what already ended inside it, and {@link RunReport.partial} says so.
 */
export function buildReport(run: RecordedRun): RunReport {
  const roles = new Map<RecordedSpan, SpanRole>(run.spans.map((span) => [span, roleOf(span)]));
  const withRole = (role: SpanRole): RecordedSpan[] =>
    run.spans.filter((span) => roles.get(span) === role);
  const runSpans = withRole("run");
  const markers = withRole("started");
  const segments = Math.max(runSpans.length, markers.length);
  const last = runSpans.length === segments ? runSpans.at(-1) : undefined;
  const first = markers[0] ?? runSpans[0] ?? run.spans[0];
  const named = [
    ...runSpans,
    ...markers,
    ...run.spans.filter((span) => roles.get(span) !== "user"),
  ][0];
  const attributes = named?.attributes ?? {};
  const failure = last === undefined ? undefined : failureOf(last);
  const rows = rowsOf(run.spans, roles, runSpans, markers);
  return {
    workflowId: attributeText(attributes, VOCABULARY.id.key) ?? "",
    runId: run.runId,
    match: run.match,
    ...(run.relation !== undefined && { relation: run.relation }),
    type: attributeText(attributes, VOCABULARY.type.key) ?? "",
    engine: attributeText(attributes, VOCABULARY.engine.key) ?? "",
    namespace: attributeText(attributes, VOCABULARY.namespace.key) ?? "",
    traceId: run.traceId,
    started: first?.startTime ?? 0,
    hasStart: segments > 0,
    ...(last !== undefined && { ended: last.endTime }),
    outcome:
      last === undefined
        ? "open"
        : (attributeText(last.attributes, VOCABULARY.outcome.key) ?? "completed"),
    ...(failure !== undefined && { failure }),
    redrives: Math.max(0, segments - 1),
    partial: partialReasons(last, runSpans, markers),
    rows,
    logs: reportLogs(run),
  };
}

/**
 * A root span comes when its run ends, and a run begins with a marker: where neither is there, not only the end but the
 * beginning is missing, and nobody can tell whether the run goes on.
 */
function partialReasons(
  last: RecordedSpan | undefined,
  runs: readonly RecordedSpan[],
  markers: readonly RecordedSpan[],
): string[] {
  if (last !== undefined) return [];
  if (runs.length > 0) return ["redriven and still running: the newest root span has not ended"];
  return markers.length > 0
    ? ["still running: the root span has not ended"]
    : [
        "neither the root span nor the start of the run is there: it may still be running, or its spans were sampled, expired or sent elsewhere",
      ];
}

function rowsOf(
  spans: readonly RecordedSpan[],
  roles: ReadonlyMap<RecordedSpan, SpanRole>,
  runSpans: readonly RecordedSpan[],
  markers: readonly RecordedSpan[],
): ReportRow[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const childrenOf = Map.groupBy(spans, (span) => span.parentSpanId ?? "");
  const roots = new Set([
    ...runSpans.map((span) => span.spanId),
    ...markers.map((span) => span.parentSpanId ?? ""),
  ]);
  const seen = new Set<RecordedSpan>();

  const below = (spanId: string, depth: number): ReportRow[] =>
    depth > DEEPEST ? [] : rowsFor(childrenOf.get(spanId) ?? [], depth);

  function rowsFor(siblings: readonly RecordedSpan[], depth: number): ReportRow[] {
    const ended = new Set(
      siblings.filter((span) => roles.get(span) === "wait").map((span) => waitKey(span)),
    );
    const rows: ReportRow[] = [];
    for (const span of siblings) {
      if (seen.has(span)) continue;
      seen.add(span);
      for (const row of rowFor(span, ended, depth)) rows.push(row);
    }
    return rows;
  }

  function rowFor(span: RecordedSpan, ended: ReadonlySet<string>, depth: number): ReportRow[] {
    const source: RowSource = { span, below: below(span.spanId, depth + 1) };
    switch (roles.get(span)) {
      case "run":
      case "started":
        return source.below.slice();
      case "step":
        return taskRow(source);
      case "attempt":
        return [attemptRow(source)];
      case "wait":
        return [waitRow(source)];
      case "waiting":
        return ended.has(waitKey(span)) ? [] : [waitRow(source)];
      case "start":
      case "user":
      case undefined:
        break;
    }
    return [spanRow(source)];
  }

  const top: ReportRow[] = [...roots].flatMap((root) => below(root, 0));
  // What stands below a span that is not there: the parent is open still, or was never delivered.
  for (const [parent, orphans] of childrenOf) {
    if (roots.has(parent) || byId.has(parent)) continue;
    const rows = rowsFor(orphans, 1);
    const attempts = rows.filter((row) => row.kind === "attempt");
    const others = rows.filter((row) => row.kind !== "attempt");
    for (const row of openTaskRow(attempts, others, orphans)) top.push(row);
  }
  // What stands below itself, or too deep, has not been met on the way down.
  for (const span of spans)
    if (!seen.has(span)) for (const row of rowsFor([span], 1)) top.push(row);
  return top.toSorted((a, b) => a.start - b.start);
}

/** What a wait and the marker of its begin have in common. */
function waitKey({ startTime, attributes }: RecordedSpan): string {
  const keys = [VOCABULARY.stepId.key, VOCABULARY.stepName.key, VOCABULARY.redrive.key];
  return JSON.stringify([startTime, ...keys.map((key) => attributes[key] ?? null)]);
}

function reportLogs({ logs, spans }: RecordedRun): ReportLog[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return logs.map((log) => reportLog(log, byId.get(log.spanId ?? "")));
}

function reportLog(log: RecordedLog, span: RecordedSpan | undefined): ReportLog {
  const step = stepOfLog(log.attributes) ?? stepOfLog(span?.attributes ?? {});
  return {
    time: log.time,
    level: log.severityText,
    ...(step !== undefined && { step }),
    message: log.body,
  };
}

function stepOfLog(attributes: OtlpAttributes): string | undefined {
  return attributeText(attributes, VOCABULARY.stepName.key);
}
