import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyWorkflowEvents } from "../../test/generators/workflow-events.ts";
import { closed, opened, type ToldEvent as Told } from "../../test/support/told-event.ts";
import { growthsOf, TOLD_RUN, traceOf, traceOfEvents } from "../../test/support/told-trace.ts";
import { runIds } from "../core/ids.ts";
import type { WorkflowTrace } from "../core/model.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { type LogEvent, logEventsOf, retryEvent } from "./log-events.ts";
import { projectSpans } from "./spans.ts";

const ids = runIds("temporal", TOLD_RUN, nodeSha256);
const started: Told = { type: "run.started", workflowType: "saga" };
const ended = (
  outcome: "completed" | "failed" | "cancelled" | "timed_out",
  type?: string,
): Told => ({
  type: "run.closed",
  outcome,
  ...(type !== undefined && { failure: { type, message: "no money" } }),
});
const wait = (key: string): Told =>
  opened(key, { kind: "wait", wait: { kind: "timer", deadline: 9_000_000 } });

function told(events: readonly Told[], after = 0): LogEvent[] {
  return logEventsOf(traceOf(events), nodeSha256, { after });
}

const lines = (events: readonly LogEvent[]): string[] =>
  events.map(({ severity, body }) => `${severity} ${body}`);

describe("the log lines of a run", () => {
  it("say its begin and its end, about the run's span", () => {
    const [begin, end] = told([started, ended("completed")]);
    expect(begin).toMatchObject({
      name: "workflow.run.started",
      time: 1000,
      severity: "INFO",
      body: "saga started",
      traceId: ids.traceId,
      spanId: ids.span("run"),
      attributes: { "workflow.id": "order-1", "workflow.run_id": TOLD_RUN },
    });
    expect(end).toMatchObject({
      name: "workflow.run.closed",
      time: 2000,
      body: "saga completed",
      spanId: ids.span("run"),
      attributes: { "workflow.outcome": "completed" },
    });
  });

  it("that failed is an error with its type in the words and its message beside them", () => {
    const end = told([started, ended("failed", "CardDeclined")])[1];
    expect(end).toMatchObject({
      severity: "ERROR",
      body: "saga failed (CardDeclined)",
      attributes: { "error.type": "CardDeclined", "error.message": "no money" },
    });
  });

  it("warn of one that was cancelled, and write outcomes in words", () => {
    expect(lines(told([started, ended("cancelled")]))).toEqual([
      "INFO saga started",
      "WARN saga cancelled",
    ]);
    expect(lines(told([started, ended("timed_out")])).at(-1)).toBe("ERROR saga timed out");
  });

  it("say each redrive, with its number", () => {
    const again = told([
      started,
      ended("failed", "A"),
      { type: "run.redriven" },
      ended("completed"),
    ]);
    expect(lines(again)).toEqual([
      "INFO saga started",
      "INFO saga redriven",
      "ERROR saga failed (A)",
      "INFO saga completed",
    ]);
    expect(again[1]).toMatchObject({
      spanId: ids.span("run#1"),
      attributes: { "workflow.redrive": 1 },
    });
    expect(again[3]).toMatchObject({
      spanId: ids.span("run#1"),
      attributes: { "workflow.redrive": 1 },
    });
  });
});

describe("the log lines of steps", () => {
  it("tell of those that failed, not of those that went well", () => {
    const events = [
      started,
      opened("reserve"),
      closed("reserve"),
      opened("charge"),
      closed("charge", { outcome: "failed", failure: { type: "Declined" } }),
    ];
    expect(lines(told(events))).toEqual(["INFO saga started", "ERROR charge failed (Declined)"]);
    expect(told(events)[1]).toMatchObject({
      name: "workflow.step.failed",
      spanId: ids.span("charge"),
      attributes: { "workflow.step.name": "charge", "workflow.outcome": "failed" },
    });
  });

  it("pass over a failure that the application calls benign", () => {
    const benign = { type: "NotYet", benign: true };
    const events = [started, opened("a"), closed("a", { outcome: "failed", failure: benign })];
    expect(lines(told(events))).toEqual(["INFO saga started"]);
  });

  it("tell of one that timed out without a failure", () => {
    const events = [started, opened("a"), closed("a", { outcome: "timed_out" })];
    expect(lines(told(events)).at(-1)).toBe("ERROR a timed out");
  });

  it("do not call a step failed whose token was not answered: its delivery went well", () => {
    const events: Told[] = [
      started,
      opened("ask", { kind: "lambda" }),
      { type: "attempt.scheduled", step: "ask" },
      { type: "attempt.closed", step: "ask", outcome: "completed" },
      opened("approval", { kind: "wait", parent: "ask", wait: { kind: "task_token" } }),
      closed("approval", { wait: { outcome: "elapsed" } }),
      closed("ask", { outcome: "timed_out", failure: { type: "States.Timeout" } }),
    ];
    expect(lines(told(events))).toEqual([
      "INFO saga started",
      "INFO waiting for approval",
      "INFO wait approval elapsed",
    ]);
  });

  it("say what a compensation undid, and cry when it failed", () => {
    const before = [started, opened("reserve"), closed("reserve"), opened("refund")];
    const done = told([...before, closed("refund")]).at(-1);
    expect(done).toMatchObject({
      name: "workflow.compensated",
      severity: "WARN",
      body: "compensation refund completed",
      attributes: { "workflow.step.compensates": "reserve" },
    });
    const failure = { type: "RefundFailed" };
    const failed = told([...before, closed("refund", { outcome: "failed", failure })]);
    expect(lines(failed).at(-1)).toBe("ERROR compensation refund failed (RefundFailed)");
  });

  it("say when a wait begins and until when, what ended it, and by whom", () => {
    expect(told([started, wait("approval")])[1]).toMatchObject({
      name: "workflow.wait.begun",
      body: "waiting for approval",
      attributes: { "workflow.wait.kind": "timer", "workflow.wait.deadline": expect.any(String) },
    });
    const answered = { outcome: "resolved", resolvedBy: "alice" };
    const events = told([started, wait("approval"), closed("approval", { wait: answered })]);
    expect(events.at(-1)).toMatchObject({
      name: "workflow.wait.ended",
      severity: "INFO",
      body: "wait approval resolved",
      spanId: ids.span("approval"),
      attributes: { "workflow.wait.outcome": "resolved", "workflow.wait.resolved_by": "alice" },
    });
  });

  it("call a wait that was refused an error, by its type", () => {
    const refused = {
      outcome: "failed",
      failure: { type: "Rejected" },
      wait: { outcome: "failed" },
    };
    const event = told([started, wait("approval"), closed("approval", refused)]).at(-1);
    expect(event).toMatchObject({ severity: "ERROR", attributes: { "error.type": "Rejected" } });
  });

  it("tell of a retry when the attempt after it ends, about the attempt's own span", () => {
    const events: Told[] = [
      started,
      opened("a"),
      { type: "attempt.scheduled", step: "a" },
      { type: "attempt.closed", step: "a", outcome: "failed", failure: { type: "Busy" } },
      { type: "attempt.scheduled", step: "a" },
    ];
    expect(lines(told(events))).toEqual(["INFO saga started"]);
    const [, retry] = told([...events, closed("a")]);
    expect(retry).toMatchObject({
      name: "workflow.step.retried",
      time: 4000,
      severity: "WARN",
      body: "a attempt 1 failed (Busy); it is tried again",
      spanId: ids.attempt("a#1"),
      attributes: { "workflow.step.attempt": 1, "error.type": "Busy" },
    });
    const trace = traceOf([...events, closed("a")]);
    expect(logEventsOf(trace, nodeSha256, { attempts: false })).toHaveLength(1);
  });

  it("tell of a retry by what is known of it", () => {
    const events: Told[] = [
      started,
      opened("a"),
      { type: "attempt.started", step: "a", number: 2 },
    ];
    const trace = traceOf([...events, closed("a")]);
    expect(lines(logEventsOf(trace, nodeSha256))[1]).toBe(
      "WARN a attempt 1 failed; it is tried again",
    );
    const [step] = trace.steps;
    const [attempt] = step?.attempts ?? [];
    if (step === undefined || attempt === undefined) throw new Error("no attempt");
    expect(retryEvent(trace, step, attempt, nodeSha256)).toEqual(logEventsOf(trace, nodeSha256)[1]);
    const times = [{ ended: 7, started: 5 }, { started: 5 }, {}].map(
      (known) => retryEvent(trace, step, { ...attempt, ...known }, nodeSha256).time,
    );
    expect(times).toEqual([7, 5, step.scheduled]);
  });
});

it("a trace that is closed without saying when and how is told without", () => {
  const events: Told[] = [
    started,
    wait("approval"),
    closed("approval"),
    opened("reserve"),
    closed("reserve"),
    opened("refund"),
    closed("refund"),
    opened("a"),
    closed("a", { outcome: "failed" }),
    ended("completed"),
  ];
  const trace: WorkflowTrace = JSON.parse(
    JSON.stringify(traceOf(events), (key, value: unknown) => (key === "ended" ? undefined : value)),
  );
  const atBegin = logEventsOf(trace, nodeSha256).map(({ name, time }) => `${name} ${time}`);
  expect(atBegin).toEqual([
    "workflow.run.started 1000",
    "workflow.wait.begun 2000",
    "workflow.wait.ended 2000",
    "workflow.compensated 6000",
    "workflow.step.failed 8000",
    "workflow.run.closed 1000",
  ]);
  const unsaid: WorkflowTrace = JSON.parse(
    JSON.stringify(trace, (key, value: unknown) => (key === "outcome" ? undefined : value)),
  );
  expect(lines(logEventsOf(unsaid, nodeSha256)).at(-1)).toBe("INFO saga ended");
});

const shape = (events: readonly LogEvent[]): string[] =>
  events.map((event) => JSON.stringify(event)).toSorted();

describe("growth", () => {
  const portions = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });

  it("is told each thing once, in portions as in one go, whatever the events", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, portions, (all, sizes) => {
        const events = all.filter(({ type }) => type !== "run.redriven");
        const taken: LogEvent[] = [];
        for (const { trace, after } of growthsOf(events, sizes)) {
          taken.push(...logEventsOf(trace, nodeSha256, { after }));
        }
        expect(shape(taken)).toEqual(shape(logEventsOf(traceOfEvents(events), nodeSha256)));
      }),
      { numRuns: 300 },
    );
  });

  it("is about spans that are there once all has ended, and no line is told twice", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, (events) => {
        const trace = traceOfEvents(events);
        const all = logEventsOf(trace, nodeSha256);
        const names = all.map(({ name, key }) => `${name} ${key}`);
        expect(new Set(names).size).toBe(names.length);
        if (trace.outcome === undefined || trace.redrive > 0) return;
        const spans = new Set(projectSpans(trace, nodeSha256).map(({ spanId }) => spanId));
        const lost = all.filter(
          ({ name, spanId }) => !spans.has(spanId) && name !== "workflow.step.retried",
        );
        expect(lost).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
