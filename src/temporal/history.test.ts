import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporalHistory } from "../../test/generators/temporal-history.ts";
import type { RunIdentity } from "../core/identity.ts";
import { checkGrowth, checkLaws } from "../core/laws.ts";
import { stepsOf, type WorkflowTrace } from "../core/model.ts";
import { neutralTree } from "../core/neutral-tree.ts";
import { warningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { projectSpans } from "../projection/spans.ts";
import {
  createHistoryReader,
  type ReaderState,
  traceFromHistory,
  type WorkflowIdentity,
} from "./history.ts";

const run: RunIdentity = {
  engine: "temporal",
  workflowId: "order-1",
  runId: "run-1",
  namespace: "default",
};
const options: TraceOptions = {
  compensates: { refund: ["reserveInventory", "chargeCard"] },
  waits: { notifyReviewer: "approval" },
};

const started = {
  eventId: "1",
  eventTime: "2026-11-26T20:00:00Z",
  eventType: "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
  workflowExecutionStartedEventAttributes: { workflowType: { name: "orderSaga" } },
};
const ended = {
  eventId: "2",
  eventTime: "2026-11-26T20:00:01Z",
  eventType: "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED",
};

function traceOf(events: readonly unknown[]): WorkflowTrace {
  const result = traceFromHistory({ events }, run, options);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe("traceFromHistory", () => {
  it("is of the run that it is asked for, not of the one that the first event names", () => {
    const reset = {
      ...started,
      workflowExecutionStartedEventAttributes: { originalExecutionRunId: "base-run" },
    };
    const result = traceFromHistory({ events: [reset] }, { workflowId: "order-1", runId: "run-2" });
    expect(result).toMatchObject({ ok: true, value: { runId: "run-2", namespace: "default" } });
  });

  it("takes the events as a bare array too, and a namespace", () => {
    const result = traceFromHistory([started, ended], { ...run, namespace: "shop" });
    expect(result).toMatchObject({
      ok: true,
      value: { namespace: "shop", type: "orderSaga", outcome: "completed" },
      warnings: [],
    });
  });

  it("takes events newest first, as the UI exports them", () => {
    expect(traceOf([ended, started])).toEqual(traceOf([started, ended]));
  });

  it.each([
    [{ workflowId: "", runId: "run-1" }],
    [{ workflowId: "order-1", runId: "" }],
    [{ workflowId: "order-1" }],
    [{ runId: 5, workflowId: "order-1" }],
    [undefined],
    [null],
  ])("asks for the identity when it is %j", (identity) => {
    // Callers in JavaScript give what they have.
    const result = traceFromHistory([started], identity as WorkflowIdentity);
    expect(result).toMatchObject({ ok: false, error: { code: "bad_identity" } });
  });

  it.each<[unknown, string]>([
    [undefined, "no_events"],
    [{}, "no_events"],
    ["history", "no_events"],
    [{ events: null }, "no_events"],
    [{ events: [] }, "empty_history"],
    [[], "empty_history"],
    [[ended], "history_without_start"],
    [
      [{ id: 1, type: "ExecutionStarted", timestamp: "2026-11-26T20:00:00Z" }],
      "history_without_start",
    ],
  ])("says what is wrong with the history %j", (history, code) => {
    const result = traceFromHistory(history as { events: unknown[] }, run);
    expect(result).toMatchObject({ ok: false, error: { code } });
  });

  it.each<[string, readonly unknown[], string]>([
    ["an entry that is no event", [started, "nonsense", ended], "bad_event"],
    ["an event without a time", [started, { ...ended, eventTime: "soon" }], "bad_event"],
    ["an event that came twice", [started, started, ended], "repeated_event"],
    ["missing events", [started, { ...ended, eventId: "7" }], "history_gap"],
    ["an unknown type", [started, { ...ended, eventType: "EVENT_TYPE_DREAMT" }], "unknown_event"],
    ["no type at all", [started, { ...ended, eventType: undefined }], "unknown_event"],
  ])("counts a warning for %s, and goes on", (_, events, code) => {
    const result = traceFromHistory({ events }, run);
    expect(result).toMatchObject({ ok: true, warnings: [{ code, count: 1 }] });
  });
});

describe("whatever the history", () => {
  it("holds laws 1 to 5 at every event", () => {
    fc.assert(
      fc.property(temporalHistory, (events) => {
        const reader = createHistoryReader(run, options, warningLog());
        let before: WorkflowTrace | undefined;
        for (const event of events) {
          reader.read([event]);
          const now = structuredClone(reader.trace());
          if (now === undefined) throw new Error("the run was started");
          expect(checkLaws(now)).toEqual([]);
          expect(checkGrowth(before ?? now, now)).toEqual([]);
          before = now;
        }
      }),
    );
  });

  it("pairs every event of a whole history: only unknown types are counted", () => {
    fc.assert(
      fc.property(temporalHistory, (events) => {
        const result = traceFromHistory({ events }, run, options);
        const codes = result.ok ? result.warnings.map((warning) => warning.code) : ["failed"];
        expect(codes.filter((code) => code !== "unknown_event")).toEqual([]);
      }),
    );
  });

  it("gives the same trace in one go, in pages that overlap, and after restarts from JSON (law 6)", () => {
    fc.assert(
      fc.property(temporalHistory, fc.integer({ min: 1, max: 9 }), (events, size) => {
        let state: ReaderState | undefined;
        for (let from = 0; from < events.length; from += size) {
          const reader = createHistoryReader(run, options, warningLog(), state);
          reader.read(events.slice(Math.max(0, from - 2), from + size));
          state = JSON.parse(JSON.stringify(reader.state())) as ReaderState;
        }
        expect(state?.trace).toEqual(traceOf(events));
        expect(state?.lastEvent).toBe(events.length);
      }),
    );
  });

  it("gives spans with unique ids, and twice the same (law 4)", () => {
    fc.assert(
      fc.property(temporalHistory, (events) => {
        const spans = projectSpans(traceOf(events), nodeSha256);
        expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
        expect(projectSpans(traceOf(events), nodeSha256)).toEqual(spans);
      }),
    );
  });

  it("is not changed by the order in which the events come", () => {
    fc.assert(
      fc.property(temporalHistory, (events) => {
        expect(traceOf(events.toReversed())).toEqual(traceOf(events));
      }),
    );
  });

  it("closes every step of a closed run, and none twice", () => {
    fc.assert(
      fc.property(temporalHistory, (events) => {
        const trace = traceOf(events);
        const open = [...stepsOf(trace)].filter((step) => step.closedBy === undefined);
        expect(trace.outcome === undefined ? [] : open).toEqual([]);
        expect(neutralTree(trace).children.length).toBeLessThanOrEqual(trace.steps.length);
      }),
    );
  });
});
