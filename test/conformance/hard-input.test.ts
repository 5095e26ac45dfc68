import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { type ScenarioName, scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import type { Result } from "../../src/core/result.ts";
import {
  checkLaws,
  neutralTree,
  renderNeutralTree,
  spansOf,
  type WorkflowTrace,
} from "../../src/index.ts";
import { traceFromHistory as executionTrace } from "../../src/stepfunctions/history.ts";
import { traceFromHistory as workflowTrace } from "../../src/temporal/history.ts";
import { mutated } from "../generators/mutated-json.ts";
import { stepFunctionsFixture, temporalFixture } from "../support/saga-fixtures.ts";

const ARN = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1";

/** An engine's reader, given what may be anything: callers in JavaScript, files from elsewhere. */
interface Reader {
  readonly engine: string;
  read(history: unknown, identity: unknown): Result<WorkflowTrace>;
  readonly identity: object;
  fixture(name: ScenarioName): unknown;
}

const readers: readonly Reader[] = [
  {
    engine: "Temporal",
    read: (history, identity) => workflowTrace(history as never, identity as never, sagaOptions),
    identity: { workflowId: "order-1", runId: "run-1" },
    fixture: (name) => temporalFixture(name).history,
  },
  {
    engine: "Step Functions",
    read: (history, identity) => executionTrace(history as never, identity as never, sagaOptions),
    identity: { executionArn: ARN },
    fixture: (name) => ({ events: stepFunctionsFixture(name).events }),
  },
];

/** Does with a result all that a user does, and tells what is wrong with what comes out. */
function problemsOf(result: Result<WorkflowTrace>): readonly string[] {
  if (!result.ok) {
    const { code, message } = result.error;
    return /^[a-z_]+$/.test(code) && message !== "" ? [] : [`the error ${code} says nothing`];
  }
  checkLaws(result.value);
  renderNeutralTree(neutralTree(result.value));
  return spansOf(result.value)
    .filter((span) => !(span.endTime >= span.startTime))
    .map((span) => `${span.name} ends before it starts`);
}

/** The laws that a trace breaks; none when there is no trace. */
function brokenLawsOf(result: Result<WorkflowTrace>): readonly unknown[] {
  return result.ok ? checkLaws(result.value) : [];
}

/** Entries that an engine's reader may take for a container in the one before it. */
function nested(id: number): object {
  return {
    id,
    eventId: String(id),
    previousEventId: id - 1,
    type: id % 2 === 0 ? "ParallelStateEntered" : "ParallelStateStarted",
    timestamp: "2026-11-26T20:00:00Z",
    stateEnteredEventDetails: { name: `state ${id}` },
  };
}

const anything = fc.oneof(
  fc.jsonValue(),
  fc.anything(),
  fc.record({ events: fc.array(fc.jsonValue()) }),
  fc.record({
    events: fc.array(
      fc.record(
        {
          id: fc.oneof(fc.integer(), fc.jsonValue()),
          eventId: fc.oneof(fc.integer(), fc.jsonValue()),
          type: fc.constantFrom("ExecutionStarted", "TaskStateEntered", "MapIterationStarted"),
          eventType: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.jsonValue()),
          timestamp: fc.oneof(fc.constant("2026-11-26T20:00:00Z"), fc.jsonValue()),
          eventTime: fc.oneof(fc.constant("2026-11-26T20:00:00Z"), fc.jsonValue()),
          previousEventId: fc.jsonValue(),
          stateEnteredEventDetails: fc.jsonValue(),
          activityTaskScheduledEventAttributes: fc.jsonValue(),
          userMetadata: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    ),
  }),
);

describe.each(readers)("the history reader of $engine", (reader) => {
  it("gives an error or a trace for anything, and never throws", () => {
    fc.assert(
      fc.property(anything, (history) => {
        expect(problemsOf(reader.read(history, reader.identity))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives an error or a trace for any identity, and never throws", () => {
    const id = fc.oneof(fc.constant("run-1"), fc.anything({ withNullPrototype: true }));
    const ids = { workflowId: id, runId: id, namespace: id, executionArn: id };
    const identity = fc.oneof(fc.anything(), fc.record(ids, { requiredKeys: [] }));
    fc.assert(
      fc.property(identity, (given) => {
        expect(problemsOf(reader.read(reader.fixture("approved"), given))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(scenarios)("never throws on a tampered history of $name", ({ name }) => {
    fc.assert(
      fc.property(mutated(reader.fixture(name)), (history) => {
        expect(problemsOf(reader.read(history, reader.identity))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("holds the laws for any part of a history, in any order, with events twice", () => {
    const { events } = reader.fixture("undeliverable") as { events: readonly unknown[] };
    fc.assert(
      fc.property(fc.shuffledSubarray([...events, ...events.slice(3, 9)]), (part) => {
        const result = reader.read({ events: part }, reader.identity);
        expect(problemsOf(result)).toEqual([]);
        expect(brokenLawsOf(result)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("lets no key of a history reach a prototype", () => {
    const text = JSON.stringify(reader.fixture("approved"));
    const polluting = text
      .replaceAll('"order-1002"', '"__proto__"')
      .replaceAll('"reserveInventory"', '"constructor"')
      .replaceAll('"identity":', '"__proto__":{"polluted":true},"identity":');
    expect(problemsOf(reader.read(JSON.parse(polluting), reader.identity))).toEqual([]);
    expect({}).not.toHaveProperty("polluted");
  });

  it("takes 20,000 containers in each other", () => {
    const start = { ...nested(1), type: "ExecutionStarted", previousEventId: 0 };
    const events = [start, ...Array.from({ length: 20_000 }, (_, i) => nested(i + 2))];
    expect(problemsOf(reader.read({ events }, reader.identity))).toEqual([]);
  });
});

it.each(scenarios)(
  "$name gives the same trace from the SDK's own objects as from JSON",
  ({ name }) => {
    const { history, workflowId, runId, namespace } = temporalFixture(name);
    const identity = { workflowId, runId, namespace };
    // Longs, { seconds, nanos }, bytes and numbers instead of texts, on messages with prototypes.
    const objects = historyFromJSON(structuredClone(history));
    const fromObjects = workflowTrace(objects, identity, sagaOptions);
    expect(fromObjects).toEqual(workflowTrace(history, identity, sagaOptions));
  },
);
