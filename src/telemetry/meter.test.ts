import { metrics } from "@opentelemetry/api";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryMetrics } from "../../test/doubles/memory-metrics.ts";
import { openTrace } from "../../test/support/open-trace.ts";
import type { Step } from "../core/model.ts";
import type { MeterProvider, MetricObserver } from "./application-providers.ts";
import { MOST_VALUES } from "./bounded-labels.ts";
import { type Metered, workflowMeter } from "./meter.ts";
import { openRuns } from "./open-runs.ts";

const started: Metered = {
  instrument: "started",
  value: 1,
  labels: { "workflow.engine": "temporal", "workflow.type": "saga" },
};
const duration: Metered = { ...started, instrument: "duration", value: 3 };

function waitStep(name: string): Step {
  return {
    key: name,
    kind: "wait",
    name,
    id: name,
    scheduled: 2000,
    attempts: [],
    children: [],
    links: [],
    segment: 0,
    openedBy: 2,
    wait: { kind: "timer" },
  };
}

afterEach(() => metrics.disable());

describe("a meter", () => {
  it("does nothing while no MeterProvider is there, and finds the one that comes later", async () => {
    const { provider, values } = memoryMetrics();
    const meter = workflowMeter();
    meter.record([started]);
    metrics.setGlobalMeterProvider(provider);
    meter.record([started, duration]);
    expect(await values()).toEqual({
      "workflow.started temporal saga": 1,
      "workflow.duration temporal saga": 1,
    });
  });

  it("shares the instruments of a provider with all others of the process", async () => {
    const { provider, values } = memoryMetrics();
    const warned = vi.spyOn(console, "warn");
    workflowMeter({ meterProvider: provider }).record([started]);
    workflowMeter({ meterProvider: provider }).record([started]);
    expect(await values()).toEqual({ "workflow.started temporal saga": 2 });
    expect(warned).not.toHaveBeenCalled();
  });

  it("gives histograms their own buckets, up to a week", async () => {
    const { provider, points } = memoryMetrics();
    workflowMeter({ meterProvider: provider }).record([duration]);
    expect((await points())[0]?.buckets).toEqual(expect.arrayContaining([1, 604_800]));
  });

  it("looks for nothing when durascope is disabled", async () => {
    const { provider, values } = memoryMetrics();
    const meter = workflowMeter(
      { meterProvider: provider, environment: { DURASCOPE_DISABLED: "true" } },
      () => [{ instrument: "open", value: 1, labels: {} }],
    );
    meter.start();
    meter.record([started]);
    meter.close();
    expect(await values()).toEqual({});
  });

  it("throws nothing where a provider does", () => {
    const meter = workflowMeter({
      meterProvider: {
        getMeter() {
          throw new Error("broken");
        },
      },
    });
    expect(() => {
      meter.start();
      meter.record([started]);
    }).not.toThrow();
  });

  it("folds a label of more than 1,000 values into `other`, and says so once", async () => {
    const { provider, values } = memoryMetrics();
    const warnings: string[] = [];
    const meter = workflowMeter({
      meterProvider: provider,
      onWarning: (message) => warnings.push(message),
    });
    const of = (type: string): Metered => ({ ...started, labels: { "workflow.type": type } });
    for (let i = 0; i < MOST_VALUES + 5; i += 1) meter.record([of(`type ${i}`)]);
    const all = await values();
    expect(all["workflow.started other"]).toBe(5);
    expect(Object.keys(all).length).toBe(MOST_VALUES + 1);
    expect(warnings).toEqual([expect.stringContaining("workflow.type has had 1000 values")]);
    meter.record([of("type 7")]);
    expect((await values())["workflow.started type 7"]).toBe(2);
  });

  it("cuts values of labels to 256 characters", async () => {
    const { provider, points } = memoryMetrics();
    const labels = { "workflow.step.name": "x".repeat(300) };
    workflowMeter({ meterProvider: provider }).record([{ ...started, labels }]);
    expect((await points())[0]?.labels).toEqual({ "workflow.step.name": "x".repeat(256) });
  });
});

describe("gauges of open runs", () => {
  it("show what is open, how old the oldest is, and what waits; and 0 once it is over", async () => {
    const { provider, values } = memoryMetrics();
    let now = 5000;
    const open = openRuns(() => now);
    const meter = workflowMeter({ meterProvider: provider }, () => open.gauges());
    meter.start();
    const wait = waitStep("approval");
    open.told(openTrace("one", { steps: [wait] }), 0);
    open.told(openTrace("two", { started: 4000 }), 0);
    expect(await values()).toEqual({
      "workflow.open temporal saga": 2,
      "workflow.open.age.max temporal saga": 4,
      "workflow.waiting temporal saga approval timer": 1,
    });
    now = 6000;
    open.told(openTrace("one", { steps: [{ ...wait, closedBy: 3, outcome: "completed" }] }), 2);
    open.told(openTrace("one", { outcome: "completed" }), 3);
    open.told(openTrace("two", { outcome: "failed" }), 3);
    expect(await values()).toEqual({
      "workflow.open temporal saga": 0,
      "workflow.open.age.max temporal saga": 0,
      "workflow.waiting temporal saga approval timer": 0,
    });
  });

  it("of several parts of a process are summed, and of ages the greatest is shown", async () => {
    const { provider, values } = memoryMetrics();
    const of = (age: number) => (): Metered[] => [
      { instrument: "open", value: 2, labels: {} },
      { instrument: "openAgeMax", value: age, labels: {} },
    ];
    const first = workflowMeter({ meterProvider: provider }, of(5));
    const second = workflowMeter({ meterProvider: provider }, of(7));
    first.start();
    second.start();
    expect(await values()).toEqual({ "workflow.open": 4, "workflow.open.age.max": 7 });
    second.close();
    second.start();
    expect(await values()).toEqual({ "workflow.open": 2, "workflow.open.age.max": 5 });
  });

  it("show a 0 for at most 10,000 points that are gone", () => {
    let collect: (observer: MetricObserver) => void = () => undefined;
    const provider: MeterProvider = {
      getMeter: () => ({
        createCounter: () => ({ add: () => undefined }),
        createHistogram: () => ({ record: () => undefined }),
        createObservableGauge: (name) => ({ name }),
        addBatchObservableCallback: (callback) => (collect = callback),
      }),
    };
    let points = 10_500;
    workflowMeter({ meterProvider: provider }, () =>
      Array.from({ length: points }, (_, index) => ({
        instrument: "waiting",
        value: 1,
        labels: { "workflow.type": `${index % 500}`, "workflow.step.name": `${index % 999}` },
      })),
    ).start();
    const observed = (): number[] => {
      const values: number[] = [];
      collect({ observe: (_gauge, value) => values.push(value) });
      return values;
    };
    expect(observed()).toHaveLength(10_500);
    points = 0;
    expect(new Set(observed())).toEqual(new Set([0]));
    expect(observed()).toHaveLength(10_000);
  });

  it("move to the provider that takes another's place", async () => {
    const one = memoryMetrics();
    const other = memoryMetrics();
    const meter = workflowMeter({}, () => [{ instrument: "open", value: 1, labels: {} }]);
    metrics.setGlobalMeterProvider(one.provider);
    meter.start();
    metrics.disable();
    metrics.setGlobalMeterProvider(other.provider);
    meter.start();
    expect(await other.values()).toEqual({ "workflow.open": 1 });
  });
});

describe("an account of open runs", () => {
  it("holds as many as it may, and says which it does not hold, once each", () => {
    const open = openRuns(() => 0, 1);
    expect(open.told(openTrace("one"), 0)).toBe(0);
    expect(open.told(openTrace("two"), 0)).toBe(1);
    expect(open.told(openTrace("two", { lastEvent: 9 }), 1)).toBe(0);
    expect(open.told(openTrace("one", { lastEvent: 9 }), 1)).toBe(0);
    expect(open.size).toBe(1);
    open.forget("one");
    expect(open.told(openTrace("two"), 1)).toBe(0);
    expect(open.size).toBe(1);
    open.clear();
    expect(open.gauges()).toEqual([]);
  });

  it("holds 1,000 waits of a run at most", () => {
    const open = openRuns(() => 0);
    const steps = Array.from({ length: 1010 }, (_, index) => ({
      ...waitStep("approval"),
      key: `${index}`,
    }));
    open.told(openTrace("one", { steps }), 0);
    const waiting = open.gauges().filter(({ instrument }) => instrument === "waiting");
    expect(waiting.map(({ value }) => value)).toEqual([1000]);
  });

  it("sums up by type and by wait, so that a collection costs as little with many runs as with few", () => {
    const open = openRuns(() => 5000);
    for (let run = 0; run < 1000; run += 1) {
      const type = run % 2 === 0 ? "saga" : "refund";
      const steps = [waitStep("approval"), waitStep(`wait ${run % 4}`)];
      open.told(openTrace(`run ${run}`, { type, started: 1000 + run, steps }), 0);
    }
    const values = open.gauges();
    // Two types with two gauges and three names of waits each.
    expect(values).toHaveLength(2 * (2 + 3));
    const of = (instrument: string): number[] =>
      values.filter((value) => value.instrument === instrument).map(({ value }) => value);
    expect(of("open")).toEqual([500, 500]);
    expect(of("openAgeMax")).toEqual([4, 3.999]);
    expect(of("waiting").toSorted((a, b) => a - b)).toEqual([250, 250, 250, 250, 500, 500]);
  });

  it("takes back waits that never happened, and those of a run whose name was used again", () => {
    const open = openRuns(() => 0);
    const waiting = (): unknown[] =>
      open.gauges().filter(({ instrument }) => instrument === "waiting");
    open.told(openTrace("one", { steps: [waitStep("a"), waitStep("b")] }), 0);
    open.discard("one", ["a"]);
    open.discard("unknown", ["a"]);
    expect(waiting()).toHaveLength(1);
    open.told(openTrace("one", { started: 9 }), 0);
    expect(waiting()).toEqual([]);
  });
});
