import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyWorkflowEvents } from "../../test/generators/workflow-events.ts";
import { closed, opened, type ToldEvent as Told } from "../../test/support/told-event.ts";
import { newFold, TOLD_RUN, traceOf, traceOfEvents } from "../../test/support/told-trace.ts";
import type { WorkflowEvent } from "../core/event.ts";
import { runIds } from "../core/ids.ts";
import type { Engine, RunOutcome, StepOutcome, WorkflowTrace } from "../core/model.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import type { SpanRecord } from "./span-record.ts";
import { projectSpans, type SpanOptions } from "./spans.ts";

const ids = runIds("temporal", TOLD_RUN, nodeSha256);
const started: Told = { type: "run.started", workflowType: "saga" };
const completed: Told = { type: "run.closed", outcome: "completed" };
const wait = (key: string, more: object = {}): Told =>
  opened(key, { kind: "wait", wait: { kind: "timer", ...more } });

function spansOf(events: readonly Told[], engine?: Engine, options?: SpanOptions): SpanRecord[] {
  return projectSpans(traceOf(events, engine), nodeSha256, options);
}

function spanOf(events: readonly Told[], name: string, engine?: Engine): SpanRecord {
  const found = spansOf(events, engine).filter((span) => span.name === name);
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} spans ${name}`);
  return found[0];
}

const byId = (a: SpanRecord, b: SpanRecord): number => a.spanId.localeCompare(b.spanId);
const names = (spans: readonly SpanRecord[]): string[] => spans.map((span) => span.name);

describe("a run", () => {
  it("is a marker of 0 ms from its start on, and a span once it is closed", () => {
    expect(names(spansOf([started]))).toEqual(["saga started"]);
    const [marker, run] = spansOf([started, completed]);
    expect(marker).toMatchObject({
      spanId: ids.span("run/started"),
      parentSpanId: ids.span("run"),
      role: "marker",
      startTime: 1000,
      endTime: 1000,
      seq: 1,
    });
    expect(run).toMatchObject({
      traceId: ids.traceId,
      spanId: ids.span("run"),
      name: "saga",
      role: "run",
      startTime: 1000,
      endTime: 2000,
      attributes: { "workflow.outcome": "completed" },
      seq: 2,
    });
    expect(run).not.toHaveProperty("parentSpanId");
  });

  it("carries its identity, and the names that people already query, on every span", () => {
    const said: Told = {
      ...started,
      type: "run.started",
      workflowType: "saga",
      taskQueue: "orders",
      parentWorkflowId: "parent",
      rootWorkflowId: "root",
      degraded: true,
      attributes: { "order.id": "order-1" },
    };
    for (const span of spansOf([said, wait("w"), closed("w"), completed])) {
      expect(span.attributes).toMatchObject({
        "workflow.engine": "temporal",
        "workflow.id": "order-1",
        "workflow.run_id": TOLD_RUN,
        "workflow.first_run_id": TOLD_RUN,
        "workflow.type": "saga",
        "workflow.namespace": "default",
        "workflow.task_queue": "orders",
        "workflow.parent.id": "parent",
        "workflow.root.id": "root",
        "durascope.degraded": true,
        "order.id": "order-1",
        temporalWorkflowID: "order-1",
        temporalRunID: TOLD_RUN,
      });
    }
  });

  it("has no first run where nobody knows of a chain", () => {
    const trace = { ...traceOf([started]), firstRunId: "" };
    expect(projectSpans(trace, nodeSha256)[0]?.attributes).not.toHaveProperty(
      "workflow.first_run_id",
    );
  });

  it("is not renamed by a business key", () => {
    const span = spanOf([{ ...started, attributes: { "workflow.id": "forged" } }], "saga started");
    expect(span.attributes["workflow.id"]).toBe("order-1");
  });

  it("is SERVER when it has a caller, and linked to it", () => {
    const caller = { relation: "caller" as const, traceId: "a".repeat(32), spanId: "b".repeat(16) };
    const said: Told = { type: "run.started", workflowType: "saga", links: [caller] };
    expect(spanOf([said, completed], "saga")).toMatchObject({
      kind: "SERVER",
      links: [
        {
          traceId: caller.traceId,
          spanId: caller.spanId,
          attributes: { "link.relation": "caller" },
        },
      ],
    });
    expect(spanOf([started, completed], "saga").kind).toBe("INTERNAL");
  });

  it("is linked to its parent's step, the run before it and the one after it by derived ids", () => {
    const parent = runIds("temporal", "parent-run", nodeSha256);
    const said: Told = {
      type: "run.started",
      workflowType: "saga",
      links: [
        {
          relation: "parent",
          engine: "temporal",
          runId: "parent-run",
          workflowId: "parent",
          key: "child:order-1",
        },
        { relation: "previous_run", engine: "temporal", runId: "run-0" },
        // Nothing to point at: it would only lead back to the run itself.
        { relation: "child", workflowId: "nowhere" },
        { relation: "caller", traceId: "a".repeat(32) },
      ],
    };
    const next = { relation: "next_run" as const, engine: "temporal" as const, runId: "run-2" };
    const { links } = spanOf([said, { ...completed, links: [next] }], "saga");
    expect(links).toEqual([
      {
        traceId: parent.traceId,
        spanId: parent.span("child:order-1"),
        attributes: {
          "link.relation": "parent",
          "workflow.id": "parent",
          "workflow.run_id": "parent-run",
        },
      },
      {
        traceId: runIds("temporal", "run-0", nodeSha256).traceId,
        spanId: runIds("temporal", "run-0", nodeSha256).span("run"),
        attributes: { "link.relation": "previous_run", "workflow.run_id": "run-0" },
      },
      {
        traceId: runIds("temporal", "run-2", nodeSha256).traceId,
        spanId: runIds("temporal", "run-2", nodeSha256).span("run"),
        attributes: { "link.relation": "next_run", "workflow.run_id": "run-2" },
      },
    ]);
  });

  it("has its faulted workflow tasks as events, inside its own time", () => {
    const fault: Told = { type: "task.faulted", cause: "reset workflow", at: 5 };
    expect(spanOf([started, fault, completed], "saga").events).toEqual([
      { name: "workflow task failed", time: 1000, attributes: { cause: "reset workflow" } },
    ]);
  });

  it.each<[RunOutcome, string]>([
    ["completed", "UNSET"],
    ["cancelled", "UNSET"],
    ["continued_as_new", "UNSET"],
    ["failed", "ERROR"],
    ["timed_out", "ERROR"],
    ["terminated", "ERROR"],
    ["aborted", "ERROR"],
  ])("that %s has the status %s", (outcome, code) => {
    expect(spanOf([started, { type: "run.closed", outcome }], "saga").status).toEqual({ code });
  });

  it("says why it failed", () => {
    const failure = { type: "ActivityFailure", innermost: "CardDeclined", message: "card 17" };
    expect(
      spanOf([started, { type: "run.closed", outcome: "failed", failure }], "saga"),
    ).toMatchObject({
      status: { code: "ERROR", message: "card 17" },
      attributes: { "error.type": "CardDeclined", "error.message": "card 17" },
    });
  });

  it("that ends before it starts by the clock has no negative length, and keeps the recorded end", () => {
    const early: Told = { type: "run.closed", outcome: "completed", at: 400 };
    const spans = spansOf([started, opened("a"), closed("a", { at: 500 }), early]);
    for (const span of spans) expect(span).toMatchObject({ startTime: 1000, endTime: 1000 });
    expect(spans.at(-1)?.attributes["durascope.raw_end"]).toBe("1970-01-01T00:00:00.400Z");
  });
});

describe("a redriven run", () => {
  const events: Told[] = [
    started,
    opened("m", { kind: "map" }),
    { type: "run.closed", outcome: "failed" },
    { type: "run.redriven", at: 9000 },
    opened("i", { kind: "iteration", parent: "m", at: 9500 }),
    closed("i", { at: 9700 }),
    closed("m", { at: 9800 }),
    { type: "run.closed", outcome: "completed", at: 9900 },
  ];

  it("has a marker and a span for each segment, the later linked to the one before", () => {
    const spans = spansOf(events, "aws_step_functions");
    expect(names(spans)).toEqual(["saga started", "saga redriven", "i", "m", "saga", "saga"]);
    const again = runIds("aws_step_functions", TOLD_RUN, nodeSha256);
    expect(spans.at(-1)).toMatchObject({
      spanId: again.span("run#1"),
      attributes: { "workflow.redrive": 1, "workflow.outcome": "completed" },
      links: [{ spanId: again.span("run"), attributes: { "link.relation": "previous_run" } }],
    });
    expect(spans[1]).toMatchObject({
      parentSpanId: again.span("run#1"),
      attributes: { "workflow.redrive": 1 },
    });
  });

  it("lets a step that goes on in a later segment end there", () => {
    expect(spanOf(events, "m", "aws_step_functions")).toMatchObject({
      startTime: 2000,
      endTime: 9800,
    });
    expect(spanOf(events, "i", "aws_step_functions")).toMatchObject({
      startTime: 9500,
      endTime: 9700,
      attributes: { "workflow.redrive": 1 },
    });
  });

  it("leaves out a step whose segment the trace does not hold", () => {
    const trace = traceOf([started, opened("a"), closed("a")]);
    const steps = trace.steps.map((step) => ({ ...step, segment: 5 }));
    expect(names(projectSpans({ ...trace, steps }, nodeSha256))).toEqual(["saga started"]);
  });
});

describe("a step", () => {
  const work: Told[] = [
    started,
    opened("reserve"),
    { type: "attempt.scheduled", step: "reserve" },
    { type: "attempt.started", step: "reserve" },
    closed("reserve"),
    completed,
  ];

  it("is a span from its schedule to its end, with its attempt in it", () => {
    expect(spanOf(work, "reserve")).toMatchObject({
      spanId: ids.span("reserve"),
      parentSpanId: ids.span("run"),
      role: "step",
      kind: "CLIENT",
      startTime: 2000,
      endTime: 5000,
      attributes: {
        "workflow.step.name": "reserve",
        "workflow.step.kind": "activity",
        "workflow.step.id": "id of reserve",
        "workflow.step.attempts": 1,
        "workflow.outcome": "completed",
        temporalActivityID: "id of reserve",
      },
      events: [{ name: "started", time: 4000 }],
    });
    expect(spanOf(work, "reserve attempt 1")).toMatchObject({
      spanId: ids.attempt("reserve#1"),
      parentSpanId: ids.span("reserve"),
      role: "attempt",
      kind: "CONSUMER",
      startTime: 4000,
      endTime: 5000,
      attributes: { "workflow.step.attempt": 1, "workflow.outcome": "completed" },
    });
  });

  it("has spans of the engine's kinds: on Step Functions the poller calls, from the schedule on", () => {
    expect(spanOf(work, "reserve", "aws_step_functions").kind).toBe("INTERNAL");
    expect(spanOf(work, "reserve attempt 1", "aws_step_functions")).toMatchObject({
      kind: "CLIENT",
      startTime: 3000,
    });
  });

  it("has no span before it closes, and no attempt before that ends", () => {
    expect(names(spansOf(work.slice(0, 4)))).toEqual(["saga started"]);
  });

  it("leaves its attempts out when the worker exports them", () => {
    expect(names(spansOf(work, "temporal", { attempts: false }))).toEqual([
      "saga started",
      "reserve",
      "saga",
    ]);
  });

  it("has no span of an attempt that is only counted, or that no worker took up", () => {
    const events: Told[] = [
      started,
      opened("a"),
      { type: "attempt.scheduled", step: "a" },
      { type: "attempt.started", step: "a", number: 2 },
      closed("a"),
      opened("b"),
      { type: "attempt.scheduled", step: "b" },
      closed("b", { outcome: "timed_out" }),
    ];
    expect(names(spansOf(events))).toEqual(["saga started", "a attempt 2", "a", "b"]);
  });

  it("marks attempts with the request id, the redrive and the failure that ended them", () => {
    const events: Told[] = [
      started,
      { type: "run.closed", outcome: "failed" },
      { type: "run.redriven" },
      opened("a", { kind: "lambda" }),
      { type: "attempt.scheduled", step: "a" },
      {
        type: "attempt.closed",
        step: "a",
        outcome: "failed",
        failure: { type: "Declined" },
        requestId: "r-1",
      },
    ];
    expect(spanOf(events, "a attempt 1", "aws_step_functions")).toMatchObject({
      status: { code: "ERROR", message: "Declined" },
      attributes: { "faas.invocation_id": "r-1", "workflow.redrive": 1, "error.type": "Declined" },
    });
  });

  it("shows back-off as an event, since it is a gap and no work", () => {
    const events: Told[] = [
      started,
      opened("a"),
      { type: "attempt.scheduled", step: "a" },
      { type: "attempt.closed", step: "a", outcome: "failed" },
      { type: "attempt.scheduled", step: "a", at: 6500 },
      closed("a", { at: 7000 }),
    ];
    expect(spanOf(events, "a").events).toEqual([
      {
        name: "back-off",
        time: 4000,
        attributes: { "workflow.step.attempt": 2, "backoff.ms": 2500 },
      },
    ]);
  });

  it("says when it runs in the workflow's own worker", () => {
    const events = [started, opened("a", { local: true }), closed("a")];
    expect(spanOf(events, "a").attributes["workflow.step.local"]).toBe(true);
  });

  it.each<[StepOutcome, string]>([
    ["completed", "UNSET"],
    ["cancelled", "UNSET"],
    ["abandoned", "UNSET"],
    ["failed", "ERROR"],
    ["timed_out", "ERROR"],
    ["terminated", "ERROR"],
    ["aborted", "ERROR"],
  ])("that %s has the status %s", (outcome, code) => {
    expect(spanOf([started, opened("a"), closed("a", { outcome })], "a").status.code).toBe(code);
  });

  it("is no error when the application calls its failure benign", () => {
    const failure = { type: "NotYet", benign: true };
    const events = [started, opened("a"), closed("a", { outcome: "failed", failure })];
    expect(spanOf(events, "a")).toMatchObject({
      status: { code: "UNSET" },
      attributes: { "error.type": "NotYet" },
    });
  });

  it.each([
    [{ type: "A", innermost: "B", message: "C" }, "C"],
    [{ type: "A", innermost: "B" }, "B"],
    [{ type: "A" }, "A"],
  ])("tells its failure %j by %s", (failure, message) => {
    const events = [started, opened("a"), closed("a", { outcome: "failed", failure })];
    expect(spanOf(events, "a").status).toEqual({ code: "ERROR", message });
  });

  it.each(["choice", "pass"] as const)(
    "that is a mere %s has a span only when it failed",
    (kind) => {
      const events = (outcome: StepOutcome): Told[] => [
        started,
        opened("a", { kind }),
        opened("b", { parent: "a" }),
        closed("b"),
        closed("a", { outcome }),
      ];
      expect(names(spansOf(events("completed")))).toEqual(["saga started", "b"]);
      expect(names(spansOf(events("failed")))).toEqual(["saga started", "b", "a"]);
    },
  );

  it("points at the child run that it started", () => {
    const link = { relation: "child" as const, engine: "temporal" as const, runId: "child-run" };
    const events = [started, opened("c", { kind: "child_workflow", links: [link] }), closed("c")];
    expect(spanOf(events, "c").links).toMatchObject([
      { spanId: runIds("temporal", "child-run", nodeSha256).span("run") },
    ]);
  });

  it("names what it undoes, and points at the failure that made that necessary", () => {
    const events = [
      started,
      opened("reserve"),
      closed("reserve"),
      opened("charge"),
      closed("charge", { outcome: "failed" }),
      opened("refund"),
      closed("refund"),
    ];
    expect(spanOf(events, "refund")).toMatchObject({
      attributes: { "workflow.step.compensates": "reserve" },
      links: [{ spanId: ids.span("charge"), attributes: { "link.relation": "compensates" } }],
    });
  });

  it("points at nothing when it compensates without a failure", () => {
    const events = [
      started,
      opened("reserve"),
      closed("reserve"),
      opened("refund"),
      closed("refund"),
    ];
    expect(spanOf(events, "refund").links).toEqual([]);
  });
});

describe("a wait", () => {
  it("is a marker from its begin on, with its deadline, and a span at its end", () => {
    const events = [started, wait("approval", { deadline: 9000 })];
    expect(spanOf(events, "waiting for approval")).toMatchObject({
      spanId: ids.span("approval/waiting"),
      parentSpanId: ids.span("run"),
      role: "marker",
      startTime: 2000,
      endTime: 2000,
      attributes: {
        "workflow.wait.kind": "timer",
        "workflow.wait.deadline": "1970-01-01T00:00:09.000Z",
      },
    });
    const ended = closed("approval", { wait: { outcome: "resolved", resolvedBy: "alice" } });
    expect(spanOf([...events, ended], "wait approval")).toMatchObject({
      role: "wait",
      kind: "INTERNAL",
      startTime: 2000,
      endTime: 3000,
      attributes: { "workflow.wait.outcome": "resolved", "workflow.wait.resolved_by": "alice" },
    });
  });

  it("does not tell in its marker how it will end", () => {
    const events = [started, wait("w"), closed("w", { wait: { outcome: "elapsed" } })];
    const marker = spanOf(events, "waiting for w");
    expect(marker.attributes).not.toHaveProperty("workflow.wait.outcome");
    expect(marker.attributes).not.toHaveProperty("workflow.outcome");
  });

  it("is an error when it was refused, and none when its time ran out", () => {
    const failure = { type: "Rejected" };
    const ended = (outcome: string): Told =>
      closed("w", { outcome: "failed", failure, wait: { outcome } });
    expect(spanOf([started, wait("w"), ended("failed")], "wait w").status.code).toBe("ERROR");
    expect(spanOf([started, wait("w"), ended("elapsed")], "wait w").status.code).toBe("UNSET");
  });

  it("claims no end of the wait that its trace does not tell", () => {
    const trace = traceOf([started, wait("w"), closed("w")]);
    const untold = trace.steps.map((step) => ({ ...step, wait: { kind: "timer" as const } }));
    const span = projectSpans({ ...trace, steps: untold }, nodeSha256).at(-1);
    expect(span?.name).toBe("wait w");
    expect(span?.attributes).not.toHaveProperty("workflow.wait.outcome");
  });
});

it("gives only what an event after the given one made final", () => {
  const events = [started, wait("w"), closed("w"), opened("a"), closed("a"), completed];
  const after = (seq: number): string[] => names(spansOf(events, "temporal", { after: seq }));
  expect(after(0)).toEqual(["saga started", "waiting for w", "wait w", "a", "saga"]);
  expect(after(1)).toEqual(["waiting for w", "wait w", "a", "saga"]);
  expect(after(2)).toEqual(["wait w", "a", "saga"]);
  expect(after(5)).toEqual(["saga"]);
  expect(after(6)).toEqual([]);
});

it("moves a step that lies outside its parent into it, and keeps the recorded times", () => {
  const events = [
    started,
    opened("p", { kind: "parallel" }),
    opened("a", { parent: "p", at: 500 }),
    closed("a", { at: 8000 }),
    closed("p", { at: 3000 }),
  ];
  expect(spanOf(events, "a")).toMatchObject({
    startTime: 2000,
    endTime: 3000,
    attributes: {
      "durascope.raw_start": "1970-01-01T00:00:00.500Z",
      "durascope.raw_end": "1970-01-01T00:00:08.000Z",
    },
  });
});

it("claims no outcome that the trace does not tell", () => {
  const trace = traceOf([
    started,
    opened("a"),
    { type: "attempt.started", step: "a" },
    closed("a"),
    completed,
  ]);
  const untold = JSON.parse(
    JSON.stringify(trace, (key, value: unknown) => (key === "outcome" ? undefined : value)),
  ) as WorkflowTrace;
  const spans = projectSpans(untold, nodeSha256);
  expect(names(spans)).toEqual(["saga started", "a attempt 1", "a", "saga"]);
  for (const span of spans) {
    expect(span.attributes).not.toHaveProperty("workflow.outcome");
    expect(span.status).toEqual({ code: "UNSET" });
  }
});

it("puts at most 32 attributes on a span, the picked ones giving way", () => {
  const picked = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key.${i}`, i]));
  const failure = { type: "A", message: "m" };
  const events: Told[] = [
    {
      type: "run.started",
      workflowType: "saga",
      taskQueue: "q",
      parentWorkflowId: "p",
      rootWorkflowId: "r",
      attributes: picked,
      degraded: true,
    },
    opened("reserve", { local: true }),
    closed("reserve"),
    opened("refund", { local: true, at: 1 }),
    { type: "attempt.started", step: "refund" },
    closed("refund", { outcome: "failed", failure, at: 99_000 }),
    opened("w", { kind: "wait", wait: { kind: "timer", deadline: 5 }, at: 1 }),
    closed("w", {
      outcome: "failed",
      failure,
      at: 99_000,
      wait: { outcome: "failed", resolvedBy: "alice" },
    }),
    completed,
  ];
  const counts = spansOf(events).map((span) => Object.keys(span.attributes).length);
  expect(Math.max(...counts)).toBeLessThanOrEqual(32);
  expect(spanOf(events, "saga").attributes["key.7"]).toBe(7);
});

function atItsNumber(event: WorkflowEvent): WorkflowEvent {
  return { ...event, at: 1_000_000 + event.seq * 1000 };
}

describe("whatever the events", () => {
  const engine = fc.constantFrom<Engine>("temporal", "aws_step_functions");

  it("spans have unique ids, known parents, no negative length and at most 32 attributes", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, engine, (events, of) => {
        const trace = traceOfEvents(
          [...events, { type: "run.closed", outcome: "completed", at: 0, seq: 999 }],
          of,
        );
        const spans = projectSpans(trace, nodeSha256);
        const known = new Map(spans.map((span) => [span.spanId, span]));
        expect(known.size).toBe(spans.length);
        for (const span of spans) {
          expect(span.endTime).toBeGreaterThanOrEqual(span.startTime);
          expect(Number.isFinite(span.endTime)).toBe(true);
          expect(Object.keys(span.attributes).length).toBeLessThanOrEqual(32);
          for (const event of span.events) {
            expect(event.time).toBeGreaterThanOrEqual(span.startTime);
            expect(event.time).toBeLessThanOrEqual(span.endTime);
          }
        }
      }),
    );
  });

  it("a child's span lies inside its parent's, in a run that was never redriven", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, engine, (events, of) => {
        const once = events.filter((event) => event.type !== "run.redriven");
        const spans = projectSpans(traceOfEvents(once, of), nodeSha256);
        const known = new Map(spans.map((span) => [span.spanId, span]));
        for (const span of spans) {
          const parent = known.get(span.parentSpanId ?? "");
          if (parent === undefined) continue;
          expect(span.startTime).toBeGreaterThanOrEqual(parent.startTime);
          expect(span.endTime).toBeLessThanOrEqual(parent.endTime);
        }
      }),
    );
  });

  it("increments give each span once, and together all of them", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, engine, (events, of) => {
        // Times forward: an increment cannot know of an end that the clock moves before it. No redrive: it opens closed steps again.
        const forward = events.filter((event) => event.type !== "run.redriven").map(atItsNumber);
        const fold = newFold(of);
        const increments: SpanRecord[] = [];
        let told = 0;
        for (const [index, event] of forward.entries()) {
          fold.apply(event);
          const trace = fold.trace();
          // An increment is taken between two events of the source, not between two of the neutral ones.
          if (trace === undefined || forward[index + 1]?.seq === event.seq) continue;
          increments.push(...structuredClone(projectSpans(trace, nodeSha256, { after: told })));
          told = trace.lastEvent;
        }
        const whole = projectSpans(fold.trace() ?? traceOfEvents([], of), nodeSha256);
        expect(increments.toSorted(byId)).toEqual(whole.toSorted(byId));
      }),
    );
  });

  it("what is new after an event is what that event or a later one made final", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, engine, fc.nat(40), (events, of, after) => {
        const trace = traceOfEvents(events, of);
        const all = projectSpans(trace, nodeSha256);
        expect(projectSpans(trace, nodeSha256, { after })).toEqual(
          all.filter((span) => span.seq > after),
        );
      }),
    );
  });
});
