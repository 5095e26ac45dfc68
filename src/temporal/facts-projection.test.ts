import { expect, it } from "vitest";
import { runIds } from "../core/ids.ts";
import type { Step } from "../core/model.ts";
import { warningLog } from "../core/result.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { projectFacts } from "./facts-projection.ts";
import type { RunFacts } from "./workflow/run-facts.ts";

const facts: RunFacts = {
  trace: {
    engine: "temporal",
    workflowId: "order-1",
    runId: "run-1",
    firstRunId: "run-1",
    type: "saga",
    namespace: "shop",
    links: [],
    started: 1000,
    redrive: 0,
    segments: [{ started: 1000, ended: 2000, outcome: "completed", openedBy: 1, closedBy: 2 }],
    steps: [],
    taskFaults: [],
    attributes: {},
    degraded: false,
    lastEvent: 2,
  },
  after: 0,
  historyLength: 3,
  discarded: [],
};

it.each([
  [{ measurements: false, events: false }, 0, 0],
  [{ measurements: true, events: false }, 3, 0],
  [{ measurements: false, events: true }, 0, 2],
])("notes are made as they are wanted, %o, and spans in any case", (wanted, measured, lines) => {
  const telling = projectFacts({ runId: "run-1" }, facts, {}, warningLog(), wanted);
  expect(telling.spans).toHaveLength(2);
  expect(telling.measurements).toHaveLength(measured);
  expect(telling.events).toHaveLength(lines);
});

const ids = runIds("temporal", "run-1", nodeSha256);
const NO_NOTES = { measurements: false, events: false };

function step(key: string, more: Partial<Step> = {}): Step {
  return {
    key,
    kind: "activity",
    name: key,
    id: key,
    scheduled: 1000,
    attempts: [],
    children: [],
    links: [],
    segment: 0,
    openedBy: 1,
    ...more,
  };
}

it("tells what only the run's end closed, by its span and by its step", () => {
  const endedByRun = (trace: Partial<RunFacts["trace"]>): unknown =>
    projectFacts(
      { runId: "run-1" },
      { ...facts, trace: { ...facts.trace, ...trace } },
      {},
      warningLog(),
      { measurements: false, events: false },
    ).endedByRun;
  const ended = (closedBy: number): Partial<Step> => ({
    closedBy,
    ended: 2000,
    outcome: "abandoned",
  });
  const steps = [step("activity:1", ended(1)), step("activity:2", ended(2))];
  expect(endedByRun({ steps })).toEqual([ids.span("activity:2"), "activity:2"]);
  const open = { started: 1000, openedBy: 1 };
  expect(endedByRun({ segments: [open], steps: [step("activity:1")] })).toEqual([]);
});

it("rewrites failures' messages and identities as the options have it", () => {
  const failure = { type: "Declined", message: "card 4711" };
  const closed = { closedBy: 2, ended: 2000, outcome: "failed" } as const;
  const wait = { kind: "timer", outcome: "resolved", resolvedBy: "alice" } as const;
  const trace = {
    ...facts.trace,
    failure,
    outcome: "failed" as const,
    segments: [{ started: 1000, openedBy: 1, ...closed, failure }],
    steps: [
      step("activity:1", { ...closed, failure }),
      step("timer:2", { ...closed, kind: "wait", wait }),
    ],
  };
  const options = {
    failureMessages: (text: string) => text.replaceAll(/\d+/g, "…"),
    identities: "hash",
  } as const;
  const told = { ...facts, trace };
  const telling = projectFacts({ runId: "run-1" }, told, options, warningLog(), NO_NOTES);
  const of = (key: string): Record<string, unknown> | undefined =>
    telling.spans.find(({ spanId }) => spanId === ids.span(key))?.attributes;
  expect(of("run")).toMatchObject({ "error.message": "card …" });
  expect(of("activity:1")).toMatchObject({ "error.message": "card …" });
  expect(of("timer:2")?.["workflow.wait.resolved_by"]).toMatch(/^[0-9a-f]{16}$/);
  expect(JSON.stringify(telling)).not.toMatch(/4711|alice/);
});

it("takes back the span of a step and the marker of its wait", () => {
  const told = { ...facts, discarded: ["timer:1"] };
  const telling = projectFacts({ runId: "run-1" }, told, {}, warningLog(), NO_NOTES);
  expect(telling.discarded).toEqual([ids.span("timer:1"), ids.span("timer:1/waiting")]);
  expect(telling.discardedKeys).toEqual(["timer:1"]);
});
