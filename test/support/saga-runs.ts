import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import type { WorkflowTrace } from "../../src/core/model.ts";
import type { Result } from "../../src/core/result.ts";
import { spansOf } from "../../src/index.ts";
import type { RecordedRun, RecordedSpan } from "../../src/lookup/recorded-run.ts";
import type { SpanRecord } from "../../src/projection/span-record.ts";
import { traceFromHistory as traceOfExecution } from "../../src/stepfunctions/history.ts";
import { traceFromHistory as traceOfRun } from "../../src/temporal/history.ts";
import { type FixtureEngine, stepFunctionsFixture, temporalFixture } from "./saga-fixtures.ts";

/** The trace of a recorded history of the order saga, or of its first events. */
export function sagaTrace(
  engine: FixtureEngine,
  scenario: string,
  events: number = Infinity,
): WorkflowTrace {
  const result =
    engine === "temporal" ? runTrace(scenario, events) : executionTrace(scenario, events);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function runTrace(scenario: string, events: number): Result<WorkflowTrace> {
  const { history, ...identity } = temporalFixture(scenario);
  return traceOfRun({ events: history.events.slice(0, events) }, identity, sagaOptions);
}

function executionTrace(scenario: string, events: number): Result<WorkflowTrace> {
  const recording = stepFunctionsFixture(scenario);
  return traceOfExecution({ events: recording.events.slice(0, events) }, recording, sagaOptions);
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
