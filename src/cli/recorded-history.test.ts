import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sagaFixture } from "../../test/support/saga-fixtures.ts";
import type { Engine } from "../core/model.ts";
import { recogniseHistory, type UntimedEvent, untimedEvents } from "./recorded-history.ts";

const temporal = JSON.parse(readFileSync(sagaFixture("temporal", "approved"), "utf8"));
const stepFunctions = JSON.parse(readFileSync(sagaFixture("stepfunctions", "approved"), "utf8"));

test("a history of either engine is recognised, with the identity that stands beside it", () => {
  expect(recogniseHistory(temporal)).toMatchObject({
    engine: "temporal",
    workflowId: temporal.workflowId,
    runId: temporal.runId,
    namespace: "default",
    concluded: [],
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
      concluded: ["workflowId", "runId"],
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

test("a page of a history is told by the token of the next one", () => {
  const { events } = stepFunctions;
  for (const name of ["nextToken", "NextToken", "nextPageToken"]) {
    expect(recogniseHistory({ events, [name]: "AAAA" })).toHaveProperty("nextPage", name);
  }
  expect(recogniseHistory({ events, nextToken: null })).not.toHaveProperty("nextPage");
  expect(recogniseHistory({ events, nextPageToken: "" })).not.toHaveProperty("nextPage");
});

/** Events whose times cannot be read, of a list that is a history. */
function untimed(events: readonly object[], engine: Engine): readonly UntimedEvent[] {
  const history = recogniseHistory(events, engine);
  if (typeof history === "string") throw new Error(history);
  return untimedEvents(history);
}

test("every event of a recorded history has a time that can be read", () => {
  expect(untimed(temporal.history.events, "temporal")).toEqual([]);
  expect(untimed(stepFunctions.events, "aws_step_functions")).toEqual([]);
});

test("events without a time that can be read are named, with what stands in its place", () => {
  const event = (id: number, timestamp?: unknown): object => ({ id, type: "x", timestamp });
  expect(
    untimed(
      [event(1, "garbage"), event(2, 1_790_000_000.5), event(3), event(4, 1e20)],
      "aws_step_functions",
    ),
  ).toEqual([{ id: 1, time: '"garbage"' }, { id: 3 }, { id: 4, time: "100000000000000000000" }]);
  expect(
    untimed(
      [
        { eventId: "1", eventTime: { seconds: "1790000000", nanos: 5 } },
        { eventId: "2", eventTime: {} },
      ],
      "temporal",
    ),
  ).toEqual([{ id: 2, time: "{}" }]);
});
