import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WorkflowTrace } from "../../src/core/model.ts";
import type { TraceOptions } from "../../src/core/trace-options.ts";
import { spansOf } from "../../src/index.ts";
import type { RecordedRun, RecordedSpan } from "../../src/lookup/recorded-run.ts";
import type { SpanRecord } from "../../src/projection/span-record.ts";
import { traceFromHistory as traceOfExecution } from "../../src/stepfunctions/history.ts";
import { traceFromHistory as traceOfRun } from "../../src/temporal/history.ts";

/** Engines whose histories of the order saga are recorded, by their folders. */
export type FixtureEngine = "temporal" | "stepfunctions";

/** What the order saga says of itself beside its histories. */
export const SAGA_OPTIONS: TraceOptions = {
  compensates: { refund: ["reserveInventory", "chargeCard"] },
  waits: { notifyReviewer: "approval" },
};

/** Path of a recorded history of the order saga. */
export function sagaFixture(engine: FixtureEngine, scenario: string): string {
  return fileURLToPath(new URL(`../fixtures/${engine}/${scenario}.json`, import.meta.url));
}

/** The trace of a recorded history of the order saga, or of its first events. */
export function sagaTrace(
  engine: FixtureEngine,
  scenario: string,
  events: number = Infinity,
): WorkflowTrace {
  const recording = JSON.parse(readFileSync(sagaFixture(engine, scenario), "utf8"));
  const result =
    engine === "temporal"
      ? traceOfRun({ events: recording.history.events.slice(0, events) }, recording, SAGA_OPTIONS)
      : traceOfExecution({ events: recording.events.slice(0, events) }, recording, SAGA_OPTIONS);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** What a backend gives back of a recorded run of the order saga, or of its first events: spans in the order of their starts. */
export function sagaRun(
  engine: FixtureEngine,
  scenario: string,
  events: number = Infinity,
): RecordedRun {
  const trace = sagaTrace(engine, scenario, events);
  const resource = { "service.name": trace.type };
  const spans = spansOf(trace)
    .map((span) => recorded(span, resource))
    .toSorted((a, b) => a.startTime - b.startTime || a.endTime - b.endTime);
  return { traceId: spans[0]?.traceId ?? "", runId: trace.runId, spans, logs: [], match: "own" };
}

function recorded(span: SpanRecord, resource: RecordedSpan["resource"]): RecordedSpan {
  const { role: _role, seq: _seq, ...sent } = span;
  return { ...sent, resource };
}
