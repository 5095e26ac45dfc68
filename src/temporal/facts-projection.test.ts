import { expect, it } from "vitest";
import { warningLog } from "../core/result.ts";
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
