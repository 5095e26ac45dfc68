import { describe, expect, test } from "vitest";
import type { FixtureEngine } from "../../test/support/saga-fixtures.ts";
import { sagaRun } from "../../test/support/saga-runs.ts";
import type { RecordedRun, RecordedSpan } from "../lookup/recorded-run.ts";
import { buildReport } from "./build-report.ts";
import type { ReportRow } from "./run-report.ts";
import { renderReport } from "./tree-text.ts";

function outline(rows: readonly ReportRow[], depth = 0): string[] {
  return rows.flatMap((row) => [
    `${"  ".repeat(depth)}${row.kind} ${row.name} ${row.outcome}`,
    ...outline(row.children, depth + 1),
  ]);
}

function rowsOf(engine: FixtureEngine, scenario: string): string[] {
  return outline(buildReport(sagaRun(engine, scenario)).rows);
}

function spanOf(run: RecordedRun, name: string): RecordedSpan {
  const span = run.spans.find((candidate) => candidate.name === name);
  if (span === undefined) throw new Error(`no span ${name}`);
  return span;
}

function inside(
  parent: RecordedSpan,
  name: string,
  spanId: string,
  attributes: RecordedSpan["attributes"] = {},
): RecordedSpan {
  return {
    ...parent,
    parentSpanId: parent.spanId,
    spanId,
    name,
    attributes,
    events: [],
    links: [],
    status: { code: "UNSET" },
  };
}

describe("a closed run", () => {
  test("reads alike on both engines: the wait for an answer stands beside its delivery", () => {
    expect(rowsOf("stepfunctions", "expired")).toEqual([
      "task reserveInventory completed",
      "task notifyReviewer completed",
      "wait approval elapsed",
      "task refund completed",
    ]);
    expect(rowsOf("temporal", "expired")).toEqual(rowsOf("stepfunctions", "expired"));
  });

  test("has its attempts as rows when there are several, with work and back-off apart", () => {
    const [, chargeCard] = buildReport(sagaRun("stepfunctions", "fulfilled")).rows;
    expect(outline(chargeCard?.children ?? [])).toEqual([
      "attempt attempt 1 failed",
      "attempt attempt 2 failed",
      "attempt attempt 3 completed",
    ]);
    expect(chargeCard?.parts.map((part) => part.state)).toEqual([
      "idle",
      "failed",
      "idle",
      "failed",
      "idle",
      "worked",
    ]);
  });

  test("has the user's spans below their step, whatever attributes they carry", () => {
    const run = sagaRun("temporal", "declined");
    const attempt = spanOf(run, "chargeCard attempt 1");
    const http = inside(attempt, "POST /charges", "1".repeat(16), attempt.attributes);
    const query = inside(http, "chargeCard", "2".repeat(16));
    const report = buildReport({ ...run, spans: [...run.spans, http, query] });
    const chargeCard = report.rows.find((row) => row.name === "chargeCard");
    expect(outline(chargeCard?.children ?? [])).toEqual([
      "span POST /charges completed",
      "  span chargeCard completed",
    ]);
  });

  test("has its identity, outcome and failure", () => {
    expect(buildReport(sagaRun("stepfunctions", "declined"))).toMatchObject({
      workflowId: "order-1001",
      type: "orderSaga",
      engine: "aws_step_functions",
      namespace: "123456789012/us-east-1",
      outcome: "failed",
      failure: { type: "CardDeclined", message: "the bank declined the card" },
      partial: [],
    });
  });

  test("spans that point at each other end nothing but themselves", () => {
    const run = sagaRun("temporal", "declined");
    const a = {
      ...inside(spanOf(run, "refund"), "a", "a".repeat(16)),
      parentSpanId: "b".repeat(16),
    };
    const b = { ...a, name: "b", spanId: "b".repeat(16), parentSpanId: "a".repeat(16) };
    const report = buildReport({ ...run, spans: [...run.spans, a, b] });
    expect(outline(report.rows)).toHaveLength(5);
  });

  test("no span is lost, however deep it stands, or below itself", () => {
    const run = sagaRun("temporal", "declined");
    const attempt = spanOf(run, "chargeCard attempt 1");
    const id = (i: number): string => i.toString(16).padStart(16, "0");
    const chain = Array.from({ length: 350 }, (_, i) => ({
      ...attempt,
      name: "deep",
      attributes: {},
      spanId: id(i + 1),
      parentSpanId: i === 0 ? attempt.spanId : id(i),
    }));
    const own = { ...attempt, name: "own", attributes: {}, spanId: id(900), parentSpanId: id(900) };
    const report = buildReport({ ...run, spans: [...run.spans, ...chain, own] });
    const names = outline(report.rows).map((line) => line.trim());
    expect(names.filter((line) => line.startsWith("span deep"))).toHaveLength(350);
    expect(names.filter((line) => line.startsWith("span own"))).toHaveLength(1);
  });

  test("log lines stand in the step whose span they were written in", () => {
    const run = sagaRun("temporal", "declined");
    const { traceId, spanId } = spanOf(run, "chargeCard attempt 1");
    const log = {
      time: 1,
      severityNumber: 9,
      severityText: "info",
      body: "charging",
      attributes: {},
      traceId,
      spanId,
      resource: {},
    };
    const own = { ...log, attributes: { "workflow.step.name": "refund" } };
    expect(buildReport({ ...run, logs: [log, own] }).logs.map((line) => line.step)).toEqual([
      "chargeCard",
      "refund",
    ]);
  });
});

describe("an open run", () => {
  test("is drawn from its markers, and says that it is partial", () => {
    for (const [engine, events] of [
      ["temporal", 17],
      ["stepfunctions", 12],
    ] as const) {
      const report = buildReport(sagaRun(engine, "approved", events));
      expect(report).toMatchObject({
        outcome: "open",
        workflowId: "order-1002",
        partial: ["still running: the root span has not ended"],
      });
      expect(report.ended).toBeUndefined();
      expect(outline(report.rows)).toEqual([
        "task reserveInventory completed",
        "task notifyReviewer completed",
        "wait approval open",
      ]);
    }
  });

  test("has the attempts that ended of a step that has not", () => {
    const report = buildReport(sagaRun("stepfunctions", "fulfilled", 15));
    expect(outline(report.rows)).toEqual([
      "task reserveInventory completed",
      "task chargeCard open",
      "  attempt attempt 1 failed",
      "  attempt attempt 2 failed",
    ]);
  });

  test("of which neither the start nor the end is there may have ended long ago", () => {
    const run = sagaRun("temporal", "declined");
    const rest = run.spans.filter(({ name }) => !["orderSaga", "orderSaga started"].includes(name));
    expect(buildReport(run).hasStart).toBe(true);
    const report = buildReport({ ...run, spans: rest });
    expect([report.hasStart, report.outcome, report.partial.length]).toEqual([false, "open", 1]);
    const text = renderReport(report, { now: Date.UTC(2030, 1) });
    expect(text).toMatch(/^orderSaga order-1001 {2}end not known {2}Temporal$/m);
    expect(text).not.toMatch(/running {2}| y |\d+ d /);
  });

  test("that has only just begun has no rows", () => {
    expect(buildReport(sagaRun("temporal", "approved", 1)).rows).toEqual([]);
  });
});

test("a run that is being redriven is partial and open", () => {
  const run = sagaRun("stepfunctions", "declined");
  const marker = spanOf(run, "orderSaga started");
  const again = {
    ...marker,
    name: "orderSaga redriven",
    spanId: "3".repeat(16),
    parentSpanId: "4".repeat(16),
    startTime: marker.startTime + 5000,
    endTime: marker.startTime + 5000,
  };
  const open = buildReport({ ...run, spans: [...run.spans, again] });
  expect(open).toMatchObject({
    outcome: "open",
    redrives: 1,
    partial: ["redriven and still running: the newest root span has not ended"],
  });
  const root = {
    ...spanOf(run, "orderSaga"),
    spanId: "4".repeat(16),
    startTime: again.startTime,
    endTime: again.startTime + 10,
    attributes: { ...spanOf(run, "orderSaga").attributes, "workflow.outcome": "completed" },
  };
  expect(buildReport({ ...run, spans: [...run.spans, again, root] })).toMatchObject({
    outcome: "completed",
    redrives: 1,
    partial: [],
  });
});
