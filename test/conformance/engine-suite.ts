import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import type { Result, WarningLog } from "../../src/core/result.ts";
import { warningLog } from "../../src/core/result.ts";
import {
  checkGrowth,
  checkLaws,
  type Engine,
  neutralTree,
  renderNeutralTree,
  type SpanRecord,
  spansOf,
  stepsOf,
  type WorkflowTrace,
} from "../../src/index.ts";
import { golden } from "./recordings.ts";

/** Reads one run's history in portions, from a state that an earlier reader gave. */
interface PortionReader {
  read(events: readonly unknown[]): void;
  trace(): WorkflowTrace | undefined;
  state(): unknown;
}

/** What an engine brings to the suite. */
export interface EngineUnderTest {
  readonly engine: Engine;
  /** The events that were recorded of a scenario. */
  events(scenario: Scenario): readonly unknown[];
  /** The trace of such events, as users read it. */
  trace(scenario: Scenario, events: readonly unknown[]): Result<WorkflowTrace>;
  /** A reader of such events; `state` is plain JSON that an earlier reader gave. */
  reader(scenario: Scenario, warnings: WarningLog, state?: unknown): PortionReader;
}

/**
 * What every engine must hold for the reference saga. A third engine is one `history.ts`, recorded fixtures and a call
 * of this.
 */
export function engineSuite(under: EngineUnderTest): void {
  describe.each(scenarios)(`$name on ${under.engine}`, (scenario) => {
    const events = under.events(scenario);

    const whole = (): WorkflowTrace => {
      const result = under.trace(scenario, events);
      if (!result.ok) throw new Error(result.error.message);
      return result.value;
    };

    it("folds without a warning", () => {
      expect(under.trace(scenario, events)).toMatchObject({ ok: true, warnings: [] });
    });

    it("holds the laws", () => {
      expect(checkLaws(whole())).toEqual([]);
    });

    it("ends as the scenario says", () => {
      const { expected, order } = scenario;
      const trace = whole();
      expect(trace).toMatchObject({ workflowId: order.orderId, outcome: expected.outcome });
      const failure = trace.failure?.innermost ?? trace.failure?.type;
      expect(failure).toBe(expected.outcome === "failed" ? expected.error : undefined);
    });

    it("has the same neutral tree as on every other engine", () => {
      const tree = neutralTree(whole());
      expect(renderNeutralTree(tree)).toBe(golden(scenario.name));
      expect(tree.engine).toBe(under.engine);
    });

    it("closes everything with the run", () => {
      const open = [...stepsOf(whole())].filter((step) => step.closedBy === undefined);
      expect(open).toEqual([]);
    });

    it("gives the same spans each time, with unique ids in one trace", () => {
      const spans = spansOf(whole());
      expect(spansOf(whole())).toEqual(spans);
      expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
      expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
      for (const span of spans) {
        expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
        expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
      }
    });

    it("gives one tree of spans, whose root is the run", () => {
      const spans = spansOf(whole());
      const ids = new Set(spans.map((span) => span.spanId));
      const orphans = spans.filter((span) => !ids.has(span.parentSpanId ?? ""));
      expect(orphans.map((span) => span.role)).toEqual(["run"]);
    });

    it("only grows with its history, and holds the laws at every event", () => {
      const reader = under.reader(scenario, warningLog());
      const states = events.map((event) => {
        reader.read([event]);
        return structuredClone(reader.trace());
      });
      for (const [index, now] of states.entries()) {
        if (now === undefined) throw new Error("the first event starts the run");
        expect(checkLaws(now)).toEqual([]);
        expect(checkGrowth(states[index - 1] ?? now, now)).toEqual([]);
      }
      expect(states.at(-1)).toEqual(whole());
    });

    it.each([1, 2, 3, 5, 7])("is the same in pages of %i with a restart after each", (size) => {
      const warnings = warningLog();
      let state: unknown;
      let trace: WorkflowTrace | undefined;
      for (let from = 0; from < events.length; from += size) {
        const reader = under.reader(scenario, warnings, state);
        reader.read(events.slice(from, from + size));
        trace = reader.trace();
        state = JSON.parse(JSON.stringify(reader.state()));
      }
      expect(trace).toEqual(whole());
      expect(warnings.list()).toEqual([]);
    });

    it("gives in increments, event by event, exactly the spans that it gives at once", () => {
      const reader = under.reader(scenario, warningLog());
      const spans: SpanRecord[] = [];
      let after = 0;
      for (const event of events) {
        reader.read([event]);
        const trace = reader.trace();
        if (trace === undefined) continue;
        spans.push(...structuredClone(spansOf(trace, { after })));
        after = trace.lastEvent;
      }
      expect(spans.toSorted(bySpanId)).toEqual(spansOf(whole()).toSorted(bySpanId));
    });
  });
}

function bySpanId(a: SpanRecord, b: SpanRecord): number {
  return a.spanId.localeCompare(b.spanId);
}
