import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sagaFixture } from "../../test/support/saga-fixtures.ts";
import { recogniseHistory } from "./recorded-history.ts";

const temporal = JSON.parse(readFileSync(sagaFixture("temporal", "approved"), "utf8"));
const stepFunctions = JSON.parse(readFileSync(sagaFixture("stepfunctions", "approved"), "utf8"));

test("a history of either engine is recognised, with the identity that stands beside it", () => {
  expect(recogniseHistory(temporal)).toMatchObject({
    engine: "temporal",
    workflowId: temporal.workflowId,
    runId: temporal.runId,
    namespace: "default",
    notes: [],
  });
  expect(recogniseHistory(stepFunctions)).toMatchObject({
    engine: "aws_step_functions",
    executionArn: stepFunctions.executionArn,
  });
});

test("bare events are recognised, and the first event of a Temporal run names it", () => {
  for (const document of [{ events: temporal.history.events }, temporal.history.events]) {
    expect(recogniseHistory(document)).toMatchObject({
      engine: "temporal",
      workflowId: temporal.workflowId,
      runId: temporal.runId,
      notes: [
        "The workflow id was taken from the first event.",
        "The run id was taken from the first event, as for a run that was not reset.",
      ],
    });
  }
});

test("of a run that was reset the first event names another run, so its run id is not taken", () => {
  const reset = {
    eventId: "9",
    eventType: "WorkflowTaskFailed",
    workflowTaskFailedEventAttributes: { baseRunId: temporal.runId, newRunId: "x" },
  };
  expect(recogniseHistory([...temporal.history.events, reset])).not.toHaveProperty("runId");
});

test("what is no history is told apart", () => {
  expect(recogniseHistory({ hello: 1 })).toBe("no events");
  expect(recogniseHistory("text")).toBe("no events");
  expect(recogniseHistory({ events: [{ a: 1 }, 5, null] })).toBe("unknown engine");
  expect(recogniseHistory([], "temporal")).toMatchObject({ engine: "temporal", events: [] });
});
