import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogEvent } from "../projection/log-events.ts";
import type { Measurement } from "../projection/measurements.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { type ProvisionalSpans, provisionalSpans } from "./provisional-spans.ts";

function span(spanId: string, over: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: "1".repeat(32),
    spanId,
    name: spanId,
    kind: "INTERNAL",
    startTime: 0,
    endTime: 0,
    attributes: {},
    status: { code: "UNSET" },
    links: [],
    events: [],
    role: "step",
    seq: 1,
    ...over,
  };
}

describe("provisional spans", () => {
  let emitted: string[];
  let held: ProvisionalSpans;

  beforeEach(() => {
    vi.useFakeTimers();
    emitted = [];
    held = provisionalSpans((spans) => emitted.push(...spans.map(({ name }) => name)), 2000);
  });

  afterEach(() => vi.useRealTimers());

  const tell = (
    historyLength: number,
    spans: SpanRecord[],
    discarded: string[] = [],
    runId = "run",
  ): void => held.tell({ runId, historyLength, spans, discarded });

  it("are let go of by a later task of the run", () => {
    tell(3, [span("a")]);
    expect(emitted).toEqual([]);
    tell(8, [span("b")]);
    expect(emitted).toEqual(["a"]);
  });

  it("are let go of after a silence, counted from the last telling", () => {
    tell(3, [span("a")]);
    vi.advanceTimersByTime(1500);
    tell(3, [span("b")]);
    vi.advanceTimersByTime(1500);
    expect(emitted).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(emitted).toEqual(["a", "b"]);
    expect(held.size).toBe(0);
  });

  it("are replaced when the same task is told again, and emitted once", () => {
    tell(3, [span("a", { name: "first telling" })]);
    tell(3, [span("a", { name: "second telling" })]);
    held.flush();
    expect(emitted).toEqual(["second telling"]);
  });

  it("are replaced when a failed task is told again by the next one", () => {
    tell(3, [span("a", { name: "of the failed task" }), span("b")]);
    tell(6, [span("a", { name: "of its retry" })]);
    expect(emitted).toEqual(["b"]);
    held.flush();
    expect(emitted).toEqual(["b", "of its retry"]);
  });

  it("are not let go of by the task that they are of, though a query has told of the one before in between", () => {
    tell(6, [span("a")]);
    tell(5, []);
    tell(6, [span("a", { name: "again" })]);
    expect(emitted).toEqual([]);
    held.flush();
    expect(emitted).toEqual(["again"]);
  });

  it("lose the end of a run that goes on after all", () => {
    tell(3, [span("run", { role: "run" })]);
    tell(6, [span("a")]);
    held.flush();
    expect(emitted).toEqual(["a"]);
  });

  it("lose what only that end had closed, too", () => {
    held.tell({
      runId: "run",
      historyLength: 3,
      spans: [span("timer"), span("done"), span("run", { role: "run" })],
      discarded: [],
      endedByRun: ["timer"],
    });
    tell(6, [span("a")]);
    expect(emitted).toEqual(["done"]);
    tell(9, [span("timer", { name: "fired" })]);
    tell(12, []);
    expect(emitted).toEqual(["done", "a", "fired"]);
  });

  it("lose what is taken back", () => {
    tell(3, [span("marker"), span("a")]);
    tell(3, [], ["marker"]);
    held.flush();
    expect(emitted).toEqual(["a"]);
  });

  it("of one run do not let go of another's", () => {
    tell(3, [span("a")], [], "one");
    tell(9, [span("b")], [], "other");
    expect(emitted).toEqual([]);
    expect(held.size).toBe(2);
  });

  it("are bounded: the oldest run is let go of early", () => {
    for (let i = 0; i <= 10_000; i += 1) tell(3, [span(`s${i}`)], [], `run ${i}`);
    expect(emitted).toEqual(["s0"]);
    expect(held.size).toBe(10_000);
    held.flush();
    expect(emitted.length).toBe(10_001);
  });
});

describe("what is measured and logged beside spans", () => {
  const notes: string[] = [];
  let held: ProvisionalSpans;

  beforeEach(() => {
    vi.useFakeTimers();
    notes.length = 0;
    held = provisionalSpans((_spans, { measurements, events }) => {
      notes.push(...measurements.map(({ instrument, key }) => `${instrument} ${key}`));
      notes.push(...events.map(({ name, key }) => `${name} ${key}`));
    }, 2000);
  });

  afterEach(() => vi.useRealTimers());

  const measured = (instrument: Measurement["instrument"], key: string): Measurement => ({
    instrument,
    key,
    value: 1,
    labels: {},
  });
  const logged = (name: LogEvent["name"], key: string): LogEvent => ({
    name,
    key,
    time: 0,
    severity: "INFO",
    body: name,
    attributes: {},
    traceId: "1".repeat(32),
    spanId: "2".repeat(16),
  });

  function tell(
    historyLength: number,
    measurements: readonly Measurement[],
    events: readonly LogEvent[] = [],
    discardedKeys: readonly string[] = [],
  ): void {
    held.tell({
      runId: "run",
      historyLength,
      spans: [],
      discarded: [],
      measurements,
      events,
      discardedKeys,
    });
  }

  it("is emitted once, though its task is told again", () => {
    const wait = logged("workflow.wait.begun", "timer:1");
    tell(3, [measured("started", "run"), measured("stepDuration", "a")], [wait]);
    tell(3, [measured("stepDuration", "a")], [wait]);
    tell(8, []);
    held.flush();
    expect(notes).toEqual(["started run", "stepDuration a", "workflow.wait.begun timer:1"]);
  });

  it("does not count the end of a run that goes on after all", () => {
    const end = [measured("closed", "run"), measured("duration", "run")];
    tell(3, [...end, measured("stepDuration", "a")], [logged("workflow.run.closed", "run")]);
    tell(6, [measured("stepDuration", "b")]);
    expect(notes).toEqual(["stepDuration a"]);
    tell(9, end, [logged("workflow.run.closed", "run")]);
    held.flush();
    expect(notes).toEqual([
      "stepDuration a",
      "stepDuration b",
      "closed run",
      "duration run",
      "workflow.run.closed run",
    ]);
  });

  it("is not counted again when the last task is played again after the silence", () => {
    const end = [measured("closed", "run"), measured("duration", "run")];
    tell(9, [...end, measured("stepDuration", "a")], [logged("workflow.run.closed", "run")]);
    vi.advanceTimersByTime(2000);
    const once = ["closed run", "duration run", "stepDuration a", "workflow.run.closed run"];
    expect(notes).toEqual(once);
    tell(12, [...end, measured("stepDuration", "b")], [logged("workflow.run.closed", "run")]);
    vi.advanceTimersByTime(2000);
    expect(notes).toEqual([...once, "stepDuration b"]);
  });

  it("is counted for another run that has just ended, and after 2,000 others no run is remembered", () => {
    const end = (runId: string): void =>
      held.tell({
        runId,
        historyLength: 3,
        spans: [],
        discarded: [],
        measurements: [measured("closed", "run")],
      });
    for (let run = 0; run < 2001; run += 1) end(`run ${run}`);
    held.flush();
    expect(notes).toHaveLength(2001);
    end("run 1");
    end("run 0");
    held.flush();
    expect(notes).toHaveLength(2002);
  });

  it("does not tell of the end of steps that only that end had closed", () => {
    const begun = logged("workflow.wait.begun", "timer:1");
    const over = logged("workflow.wait.ended", "timer:1");
    held.tell({
      runId: "run",
      historyLength: 3,
      spans: [],
      discarded: [],
      measurements: [measured("started", "run"), measured("waitDuration", "timer:1")],
      events: [begun, over],
      endedByRun: ["timer:1"],
    });
    tell(6, []);
    held.flush();
    expect(notes).toEqual(["started run", "workflow.wait.begun timer:1"]);
  });

  it("is lost with the steps that are taken back", () => {
    tell(3, [measured("waitDuration", "timer:1")], [logged("workflow.wait.begun", "timer:1")]);
    tell(3, [measured("stepDuration", "a")], [], ["timer:1"]);
    held.flush();
    expect(notes).toEqual(["stepDuration a"]);
  });
});
