import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { anyWorkflowEvents } from "../../test/generators/workflow-events.ts";
import {
  SCENARIO_NAMES,
  stepFunctionsFixture,
  temporalFixture,
} from "../../test/support/saga-fixtures.ts";
import { closed, opened, type ToldEvent as Told } from "../../test/support/told-event.ts";
import { growthsOf, traceOf, traceOfEvents } from "../../test/support/told-trace.ts";
import type { WorkflowEvent } from "../core/event.ts";
import { INSTRUMENTS } from "../core/instruments.ts";
import type { WorkflowTrace } from "../core/model.ts";
import { traceFromHistory as executionTrace } from "../stepfunctions/history.ts";
import { traceFromHistory as runTrace } from "../temporal/history.ts";
import { type Measurement, type MeasurementOptions, measurementsOf } from "./measurements.ts";

const started: Told = { type: "run.started", workflowType: "saga", taskQueue: "orders" };
const completed: Told = { type: "run.closed", outcome: "completed" };
const scheduled = (step: string): Told => ({ type: "attempt.scheduled", step });
const taken = (step: string, number?: number): Told => ({
  type: "attempt.started",
  step,
  ...(number !== undefined && { number }),
});
const failed = (step: string, type = "Busy"): Told => ({
  type: "attempt.closed",
  step,
  outcome: "failed",
  failure: { type },
});

/** What is measured of one instrument. */
function of(
  instrument: Measurement["instrument"],
  events: readonly Told[],
  options?: MeasurementOptions,
): (readonly [number, Readonly<Record<string, string>>])[] {
  return measurementsOf(traceOf(events), options)
    .filter((measurement) => measurement.instrument === instrument)
    .map(({ value, labels }) => [value, labels] as const);
}

const run = { "workflow.engine": "temporal", "workflow.type": "saga" };

describe("a run", () => {
  it("is counted as started at once, and as closed with its duration at its end", () => {
    expect(of("started", [started])).toEqual([[1, run]]);
    expect(of("closed", [started])).toEqual([]);
    const ended = { ...run, "workflow.outcome": "completed" };
    expect(of("closed", [started, completed])).toEqual([[1, ended]]);
    expect(of("duration", [started, opened("a"), completed])).toEqual([[2, ended]]);
  });

  it("that is redriven is counted as started, and as closed, once more", () => {
    const events = [
      started,
      { type: "run.closed", outcome: "failed" } as const,
      { type: "run.redriven" } as const,
      completed,
    ];
    expect(of("started", events)).toHaveLength(2);
    expect(of("closed", events).map(([, labels]) => labels["workflow.outcome"])).toEqual([
      "failed",
      "completed",
    ]);
    expect(of("duration", events).map(([value]) => value)).toEqual([1, 1]);
  });

  it("carries the business attributes that were chosen as labels, and no other", () => {
    const said: Told = {
      ...started,
      type: "run.started",
      workflowType: "saga",
      attributes: { "order.tier": "gold", "order.id": "o-1", vip: true },
    };
    const labels = of("started", [said], {
      runLabels: ["order.tier", "vip", "absent", "toString"],
    })[0]?.[1];
    expect(labels).toEqual({ ...run, "order.tier": "gold", vip: "true" });
  });

  it("whose clock stepped backwards has no negative duration", () => {
    const back: Told = { ...completed, type: "run.closed", outcome: "completed", at: -5000 };
    expect(of("duration", [started, back])[0]?.[0]).toBe(0);
  });
});

describe("a step", () => {
  const step = { ...run, "workflow.step.name": "charge" };

  it("is measured once, at its end, with its kind and outcome", () => {
    expect(of("stepDuration", [started, opened("charge")])).toEqual([]);
    expect(of("stepDuration", [started, opened("charge"), closed("charge")])).toEqual([
      [1, { ...step, "workflow.step.kind": "activity", "workflow.outcome": "completed" }],
    ]);
  });

  it("that is left open by its run's end is measured as abandoned", () => {
    const labels = of("stepDuration", [started, opened("charge"), completed])[0]?.[1];
    expect(labels?.["workflow.outcome"]).toBe("abandoned");
  });

  it.each(["signal", "query", "choice", "pass"] as const)(
    "of the kind %s is not measured",
    (kind) => {
      expect(of("stepDuration", [started, opened("x", { kind }), closed("x")])).toEqual([]);
    },
  );

  it("that undoes others is counted as a compensation too", () => {
    const events = [
      started,
      opened("reserve"),
      closed("reserve"),
      opened("refund"),
      closed("refund", { outcome: "failed" }),
    ];
    expect(of("compensations", events)).toEqual([
      [1, { ...run, "workflow.step.name": "refund", "workflow.outcome": "failed" }],
    ]);
    expect(of("stepDuration", events)).toHaveLength(2);
  });

  it("that hands out a token is measured without the wait for the answer", () => {
    const events: Told[] = [
      started,
      opened("ask", { kind: "lambda" }),
      scheduled("ask"),
      taken("ask"),
      { type: "attempt.closed", step: "ask", outcome: "completed" },
      opened("wait", { kind: "wait", parent: "ask", wait: { kind: "task_token" } }),
      { ...closed("wait", { wait: { outcome: "elapsed" } }), at: 900_000 },
      { ...closed("ask", { outcome: "timed_out" }), at: 900_000 },
    ];
    expect(of("stepDuration", events)).toEqual([
      [
        2,
        {
          ...run,
          "workflow.step.name": "ask",
          "workflow.step.kind": "lambda",
          "workflow.outcome": "completed",
        },
      ],
    ]);
    expect(of("waitDuration", events)).toEqual([
      [
        894,
        {
          ...run,
          "workflow.step.name": "wait",
          "workflow.wait.kind": "task_token",
          "workflow.wait.outcome": "elapsed",
        },
      ],
    ]);
  });

  it("that hands out a token and was never tried is measured as it is", () => {
    const events: Told[] = [
      started,
      opened("ask", { kind: "lambda" }),
      opened("wait", { kind: "wait", parent: "ask", wait: { kind: "task_token" } }),
      completed,
    ];
    expect(of("stepDuration", events).map(([value]) => value)).toEqual([2]);
    expect(of("waitDuration", events)[0]?.[1]["workflow.wait.outcome"]).toBe("abandoned");
  });
});

describe("an attempt", () => {
  const tried = [
    started,
    opened("a"),
    scheduled("a"),
    taken("a"),
    failed("a"),
    scheduled("a"),
    taken("a"),
  ];

  it("counts as the retry of the one before when it ends, by that one's failure", () => {
    expect(of("stepRetries", tried)).toEqual([]);
    expect(of("stepRetries", [...tried, closed("a")])).toEqual([
      [1, { ...run, "workflow.step.name": "a", "error.type": "Busy" }],
    ]);
  });

  it("that a history only counts is a retry of an unknown type, once the last one ends", () => {
    const events: Told[] = [
      started,
      opened("a"),
      {
        type: "attempt.started",
        step: "a",
        number: 4,
        lastFailure: { type: "Outer", innermost: "Inner" },
      },
    ];
    expect(of("stepRetries", events)).toEqual([]);
    const types = of("stepRetries", [...events, closed("a")]).map(
      ([, labels]) => labels["error.type"],
    );
    expect(types).toEqual(["_OTHER", "_OTHER", "Inner"]);
  });

  it("after a redrive is no retry", () => {
    const events: Told[] = [
      started,
      opened("a"),
      scheduled("a"),
      failed("a"),
      { type: "run.closed", outcome: "failed" },
      { type: "run.redriven" },
      scheduled("a"),
      closed("a"),
    ];
    expect(of("stepRetries", events)).toEqual([]);
  });

  it("tells how long it waited for a worker, by its queue", () => {
    const labels = { ...run, "workflow.task_queue": "orders" };
    expect(of("scheduleToStart", [...tried, closed("a")])).toEqual([
      [1, labels],
      [1, labels],
    ]);
  });

  it("that nothing took up, or whose schedule is unknown, tells nothing of that", () => {
    expect(of("scheduleToStart", [started, opened("a"), scheduled("a"), closed("a")])).toEqual([]);
    expect(of("scheduleToStart", [started, opened("a"), taken("a", 1), closed("a")])).toEqual([]);
  });

  it("of an engine without queues has no queue", () => {
    const noQueue: Told = { type: "run.started", workflowType: "saga" };
    const events = [noQueue, opened("a"), scheduled("a"), taken("a"), closed("a")];
    expect(of("scheduleToStart", events)).toEqual([[1, run]]);
  });

  it("is left out where the worker tells of it", () => {
    const all = measurementsOf(traceOf([...tried, closed("a")]), { attempts: false });
    expect(all.map(({ instrument }) => instrument)).toEqual(["started", "stepDuration"]);
  });
});

/** A trace as somebody else may give it: closed, without a word of when and how. */
function withoutEnds(trace: WorkflowTrace): WorkflowTrace {
  const told = new Set(["outcome", "ended", "scheduled"]);
  return JSON.parse(
    JSON.stringify(trace, (key, value: unknown) => (told.has(key) ? undefined : value)),
  );
}

it("a trace that is closed without saying when and how is measured without", () => {
  const events: Told[] = [
    started,
    opened("ask", { kind: "lambda" }),
    scheduled("ask"),
    { type: "attempt.closed", step: "ask", outcome: "completed" },
    opened("wait", { kind: "wait", parent: "ask", wait: { kind: "task_token" } }),
    closed("wait"),
    closed("ask"),
    completed,
  ];
  const found = measurementsOf(withoutEnds(traceOf(events)));
  expect(found.map(({ instrument }) => instrument)).toEqual([
    "started",
    "closed",
    "duration",
    "stepDuration",
    "waitDuration",
  ]);
  expect(found.filter(({ labels }) => "workflow.outcome" in labels)).toEqual([]);
});

const shape = (measurements: readonly Measurement[]): string[] =>
  measurements.map((measurement) => JSON.stringify(measurement)).toSorted();

/** What is measured when the trace is looked at after each portion of its events. */
function inPortions(events: readonly WorkflowEvent[], sizes: readonly number[]): Measurement[] {
  const grown: Measurement[] = [];
  for (const { trace, after } of growthsOf(events, sizes)) {
    grown.push(...measurementsOf(trace, { after }));
  }
  return grown;
}

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });

describe("growth", () => {
  it("is measured each thing once, in portions as in one go, whatever the events", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, sizes, (events, portions) => {
        const unredriven = events.filter(({ type }) => type !== "run.redriven");
        expect(shape(inPortions(unredriven, portions))).toEqual(
          shape(measurementsOf(traceOfEvents(unredriven))),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("of a redriven run is never less in portions than in one go", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, sizes, (events, portions) => {
        const runs = (found: readonly Measurement[]): string[] =>
          shape(
            found.filter(({ instrument }) =>
              ["started", "closed", "duration"].includes(instrument),
            ),
          );
        const portioned = inPortions(events, portions);
        const whole = measurementsOf(traceOfEvents(events));
        expect(runs(portioned)).toEqual(runs(whole));
        expect(portioned.length).toBeGreaterThanOrEqual(whole.length);
      }),
      { numRuns: 500 },
    );
  });

  it("has labels of its instrument alone, and values that are no negative ones", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, (events) => {
        for (const { instrument, labels, value } of measurementsOf(traceOfEvents(events))) {
          const known = INSTRUMENTS[instrument].labels;
          expect(Object.keys(labels).filter((key) => !known.includes(key))).toEqual([]);
          expect(value).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("the order saga's histories", () => {
  it.each(SCENARIO_NAMES)("of '%s' are measured alike on both engines", (name) => {
    const recorded = temporalFixture(name);
    const temporal = runTrace(recorded.history, recorded, sagaOptions);
    const execution = stepFunctionsFixture(name);
    const stepFunctions = executionTrace(execution, execution, sagaOptions);
    if (!temporal.ok || !stepFunctions.ok) throw new Error("a fixture cannot be read");
    const counts = (trace: WorkflowTrace): string[] =>
      measurementsOf(trace)
        // Of attempts before the last one Temporal's history holds little more than their number.
        .filter(({ instrument }) => instrument !== "scheduleToStart")
        .map(({ instrument, labels }) =>
          JSON.stringify([
            instrument,
            labels["workflow.type"],
            labels["workflow.step.name"],
            labels["workflow.outcome"],
            labels["workflow.wait.outcome"],
          ]),
        )
        .toSorted();
    const told = counts(temporal.value);
    expect(told.length).toBeGreaterThan(6);
    expect(counts(stepFunctions.value)).toEqual(told);
  });
});
