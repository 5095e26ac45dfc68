// Claim: any history, whole, in pages, growing or broken, gives a sound trace or a clear error, and never a throw.
// Proven over recorded histories of the saga, over histories of state machines that fast-check draws, and over
// arbitrary JSON.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  closedHistory,
  type GeneratedEvent,
  history,
} from "../../test/generators/step-functions-history.ts";
import { SCENARIO_NAMES, stepFunctionsFixture } from "../../test/support/saga-fixtures.ts";
import { type WarningLog, warningLog } from "../core/result.ts";
import { checkGrowth, checkLaws, neutralTree, spansOf, type WorkflowTrace } from "../index.ts";
import { createHistoryReader, type ReaderState, runIdentity, traceFromHistory } from "./history.ts";

const executionArn = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1";
const identity = runIdentity(executionArn) ?? expect.fail("no identity");

type Events = readonly Readonly<Record<string, unknown>>[];

function traceOf(events: readonly unknown[]): WorkflowTrace {
  const result = traceFromHistory({ events }, { executionArn });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function given(trace: WorkflowTrace | undefined): WorkflowTrace {
  if (trace === undefined) throw new Error("no trace");
  return trace;
}

function plain(trace: WorkflowTrace | undefined): WorkflowTrace {
  return JSON.parse(JSON.stringify(trace));
}

/** Reads a history in portions, each by a reader that has nothing but the JSON text of the state before. */
function readInPages(
  events: Events | readonly GeneratedEvent[],
  sizes: readonly number[],
  warnings: WarningLog = warningLog(),
): WorkflowTrace {
  let state: ReaderState | undefined;
  for (let from = 0, page = 0; from < events.length; page += 1) {
    const size = sizes[page % sizes.length] ?? 1;
    const reader = createHistoryReader(identity, {}, warnings, state);
    reader.read(events.slice(from, from + size));
    state = JSON.parse(JSON.stringify(reader.state()));
    from += size;
  }
  return plain(state?.trace);
}

describe("laws", () => {
  test("a history of any state machine gives a trace that breaks no law, without a warning", () => {
    fc.assert(
      fc.property(history, (events) => {
        const result = traceFromHistory({ events }, { executionArn });
        expect(result).toMatchObject({ ok: true, warnings: [] });
        expect(checkLaws(traceOf(events))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("a history that is closed closes everything in its trace", () => {
    fc.assert(
      fc.property(closedHistory, (events) => {
        const spans = spansOf(traceOf(events));
        expect(spans.at(-1)?.role).toBe("run");
        const ids = spans.map(({ spanId }) => spanId);
        expect(new Set(ids).size).toBe(ids.length);
        const parents = spans
          .map(({ parentSpanId }) => parentSpanId)
          .filter((id) => id !== undefined);
        expect(ids).toEqual(expect.arrayContaining(parents));
      }),
      { numRuns: 200 },
    );
  });

  test.each(SCENARIO_NAMES)(
    "law 5, %s: no prefix of the history is rewritten by a longer one",
    (scenario) => {
      const events = stepFunctionsFixture(scenario).events;
      for (let length = 1; length < events.length; length += 1) {
        const shorter = traceOf(events.slice(0, length));
        expect(checkLaws(shorter)).toEqual([]);
        expect(checkGrowth(shorter, traceOf(events.slice(0, length + 1)))).toEqual([]);
        expect(checkGrowth(shorter, traceOf(events))).toEqual([]);
      }
    },
  );

  test("law 5: so it is for any state machine", () => {
    fc.assert(
      fc.property(history, fc.nat(), (events, cut) => {
        const shorter = traceOf(events.slice(0, 1 + (cut % events.length)));
        expect(checkGrowth(shorter, traceOf(events))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test.each(SCENARIO_NAMES)(
    "law 6, %s: pages of any size, each read after a restart, give the same trace",
    (scenario) => {
      const events = stepFunctionsFixture(scenario).events;
      for (const size of [1, 2, 3, 7, events.length]) {
        expect(readInPages(events, [size])).toEqual(plain(traceOf(events)));
      }
    },
  );

  test("law 6: so it is for any state machine and any sizes", () => {
    fc.assert(
      fc.property(
        history,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (events, sizes) => {
          const warnings = warningLog();
          expect(readInPages(events, sizes, warnings)).toEqual(plain(traceOf(events)));
          expect(warnings.list()).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("spans that are taken as the history grows are those of the whole history, each once", () => {
    fc.assert(
      fc.property(
        history,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (events, sizes) => {
          const reader = createHistoryReader(identity, {}, warningLog());
          const taken: string[] = [];
          for (let from = 0, page = 0; from < events.length; page += 1) {
            const size = sizes[page % sizes.length] ?? 1;
            reader.read(events.slice(from, from + size));
            taken.push(...shape(given(reader.trace()), from));
            from += size;
          }
          expect(taken.toSorted()).toEqual(shape(traceOf(events), 0).toSorted());
        },
      ),
      { numRuns: 300 },
    );
  });
});

function shape(trace: WorkflowTrace, after: number): string[] {
  return spansOf(trace, { after }).map((span) =>
    [span.spanId, span.parentSpanId, span.name, span.status.code].join(" "),
  );
}

describe("order and repetition", () => {
  test("newest first, shuffled, or with pages that overlap: the same trace", () => {
    const events = stepFunctionsFixture("approved").events;
    const whole = plain(traceOf(events));
    expect(plain(traceOf(events.toReversed()))).toEqual(whole);
    fc.assert(
      fc.property(fc.shuffledSubarray([...events], { minLength: events.length }), (shuffled) => {
        expect(plain(traceOf(shuffled))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
    const overlapping = traceFromHistory([...events.slice(0, 20), ...events.slice(10)], {
      executionArn,
    });
    expect(overlapping).toMatchObject({
      ok: true,
      warnings: [{ code: "repeated_event", count: 10 }],
    });
    expect(overlapping.ok && plain(overlapping.value)).toEqual(whole);
  });

  test("times as texts, as Dates and as seconds since the epoch say the same", () => {
    const events = stepFunctionsFixture("fulfilled").events;
    const whole = plain(traceOf(events));
    const dates = events.map((event) =>
      Object.assign({}, event, { timestamp: new Date(msOf(event)) }),
    );
    const seconds = events.map((event) =>
      Object.assign({}, event, { timestamp: msOf(event) / 1000 }),
    );
    expect(plain(traceOf(dates))).toEqual(whole);
    expect(plain(traceOf(seconds))).toEqual(whole);
  });

  test("the array of events alone is taken, too", () => {
    const events = stepFunctionsFixture("fulfilled").events;
    const result = traceFromHistory(events, { executionArn });
    expect(result.ok && plain(result.value)).toEqual(plain(traceOf(events)));
  });
});

function msOf(event: Events[number]): number {
  return Date.parse(String(event["timestamp"]));
}

/** As some emulators give them. */
function withoutPreviousIds(events: readonly object[]): object[] {
  return events.map((event) => Object.assign({}, event, { previousEventId: undefined }));
}

describe("broken histories", () => {
  test.each<[string, unknown, string]>([
    ["nothing", undefined, "no_events"],
    ["null", null, "no_events"],
    ["another object", { message: "Forbidden" }, "no_events"],
    ["no events", { events: [] }, "empty_history"],
    ["events of something else", { events: [{ eventId: "1" }] }, "history_without_start"],
    [
      "a history whose beginning is missing",
      { events: stepFunctionsFixture("fulfilled").events.slice(3) },
      "history_without_start",
    ],
  ])("%s: a clear error", (_what, value, code) => {
    const result = traceFromHistory(value as { events: Events }, { executionArn });
    expect(result).toMatchObject({ ok: false, error: { code } });
  });

  test("an ARN that is none: a clear error", () => {
    const events = stepFunctionsFixture("fulfilled").events;
    for (const arn of ["", "order-1", undefined, 7, "arn:aws:states:us-east-1:1:stateMachine:m"]) {
      expect(traceFromHistory(events, { executionArn: arn as string })).toMatchObject({
        ok: false,
        error: { code: "bad_identity" },
      });
    }
    expect(traceFromHistory(events, undefined as never)).toMatchObject({ ok: false });
  });

  test("missing events are counted, and what is left is sound", () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (events, holes) => {
        const missing = new Set(holes.map((hole) => 1 + (hole % events.length)));
        const left = events.filter(({ id }) => id === 1 || !missing.has(id));
        const result = traceFromHistory(left, { executionArn });
        if (!result.ok) throw new Error(result.error.message);
        expect(checkLaws(result.value)).toEqual([]);
        const ids = left.map(({ id }) => id);
        const isGap = ids.some((id, i) => id !== i + 1);
        expect(result.warnings.some(({ code }) => code === "history_gap")).toBe(isGap);
      }),
      { numRuns: 300 },
    );
  });

  test("without previous ids the saga reads the same, and is marked as degraded", () => {
    for (const scenario of SCENARIO_NAMES) {
      const events = stepFunctionsFixture(scenario).events;
      const trace = traceOf(withoutPreviousIds(events));
      expect(trace.degraded).toBe(true);
      expect(neutralTree(trace)).toEqual(neutralTree(traceOf(events)));
      expect(spansOf(trace)[0]?.attributes["durascope.degraded"]).toBe(true);
    }
  });

  test("without previous ids any history is still sound", () => {
    fc.assert(
      fc.property(history, (events) => {
        const trace = traceOf(withoutPreviousIds(events));
        expect(checkLaws(trace)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("an unknown type is counted by its name and disturbs nothing", () => {
    const events = stepFunctionsFixture("fulfilled").events;
    const last = events.length;
    const strange = {
      ...events[3],
      id: last + 1,
      previousEventId: last,
      type: "QuantumStateEntered",
    };
    const result = traceFromHistory([...events, strange], { executionArn });
    expect(result).toMatchObject({
      ok: true,
      warnings: [
        { code: "unknown_event", message: expect.stringContaining("QuantumStateEntered") },
      ],
    });
    expect(result.ok && neutralTree(result.value)).toEqual(neutralTree(traceOf(events)));
  });

  test("an id far off the end is left out, and costs no memory", () => {
    const events = stepFunctionsFixture("fulfilled").events;
    const result = traceFromHistory([...events, { ...events[3], id: 2 ** 40 }], { executionArn });
    expect(result.ok && result.value.lastEvent).toBe(events.length);
  });

  test("values of wrong types, anywhere: never a throw, always a sound trace", () => {
    const names = ["id", "previousEventId", "type", "timestamp", "details"] as const;
    const damage = fc.record({
      event: fc.nat(),
      name: fc.constantFrom(...names),
      value: fc.anything(),
    });
    fc.assert(
      fc.property(
        closedHistory,
        fc.array(damage, { minLength: 1, maxLength: 6 }),
        (events, damages) => {
          const broken: Record<string, unknown>[] = events.map((event) => ({ ...event }));
          for (const { event, name, value } of damages) {
            const target = broken[event % broken.length] ?? {};
            for (const key of name === "details" ? Object.keys(target).slice(4) : [name])
              target[key] = value;
          }
          const result = traceFromHistory(broken, { executionArn });
          if (!result.ok) return;
          expect(checkLaws(result.value)).toEqual([]);
          expect(() => spansOf(result.value)).not.toThrow();
        },
      ),
      { numRuns: 600 },
    );
  });

  test("values of wrong types inside the details: never a throw, always a sound trace", () => {
    const keys = [
      "name",
      "index",
      "error",
      "cause",
      "state",
      "resource",
      "resourceType",
      "input",
      "output",
      "timeoutInSeconds",
    ];
    const wrong = fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.anything(), fc.string()));
    fc.assert(
      fc.property(
        closedHistory,
        fc.array(wrong, { minLength: 1, maxLength: 8 }),
        (events, details) => {
          const broken = events.map((event, i) => {
            const entries = Object.entries(event).map(([key, value]) =>
              key.endsWith("EventDetails")
                ? [key, Object.assign({}, value, details[i % details.length])]
                : [key, value],
            );
            return Object.fromEntries(entries);
          });
          const options = {
            businessKeys: ({ input }: { input: unknown }) => ({
              size: JSON.stringify(input).length,
            }),
          };
          const result = traceFromHistory(broken, { executionArn }, options);
          expect(checkLaws(given(result.ok ? result.value : undefined))).toEqual([]);
          expect(() => spansOf(traceOf(broken))).not.toThrow();
        },
      ),
      { numRuns: 300 },
    );
  });

  test("arbitrary JSON: never a throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ events: fc.array(fc.jsonValue()) })),
        (value) => {
          expect(() =>
            traceFromHistory(value as { events: Events }, { executionArn }),
          ).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });

  test("containers nested without end, and never closed, are no stack overflow", () => {
    const timestamp = "2026-03-02T09:30:00.000Z";
    const events: Record<string, unknown>[] = [
      { id: 1, previousEventId: 0, type: "ExecutionStarted", timestamp },
    ];
    while (events.length < 24_000) {
      const id = events.length + 1;
      const type = id % 2 === 0 ? "ParallelStateEntered" : "ParallelStateStarted";
      events.push({
        id,
        previousEventId: id - 1,
        type,
        timestamp,
        stateEnteredEventDetails: { name: `p${id}` },
      });
    }
    events.push({ id: 24_001, previousEventId: 24_000, type: "ExecutionAborted", timestamp });
    const result = traceFromHistory(events, { executionArn });
    expect(result.ok).toBe(true);
    expect(() => result.ok && [checkLaws(result.value), spansOf(result.value)]).not.toThrow();
  });
});
