import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

  it("lose the end of a run that goes on after all", () => {
    tell(3, [span("run", { role: "run" })]);
    tell(6, [span("a")]);
    held.flush();
    expect(emitted).toEqual(["a"]);
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
