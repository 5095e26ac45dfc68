import { expect, it } from "vitest";
import { attributesOf, eventType, isKnownEventType } from "./history-event.ts";

it.each([
  ["EVENT_TYPE_ACTIVITY_TASK_SCHEDULED", "ActivityTaskScheduled"],
  ["ACTIVITY_TASK_SCHEDULED", "ActivityTaskScheduled"],
  ["ActivityTaskScheduled", "ActivityTaskScheduled"],
  [10, "ActivityTaskScheduled"],
  [60, "WorkflowExecutionTimeSkippingTransitioned"],
  ["EVENT_TYPE_WORKFLOW_EXECUTION_DREAMT", "WorkflowExecutionDreamt"],
  [999, "999"],
  [undefined, "of no type"],
  [{ toString: 1 }, "of no type"],
])("spells %j as %s, each time it is asked", (spelling, type) => {
  expect(eventType(spelling)).toBe(type);
  expect(eventType(spelling)).toBe(type);
});

it("cuts a type that is nonsense, and remembers none of it", () => {
  const nonsense = "X".repeat(1_000_000);
  expect(eventType(nonsense)).toHaveLength(100);
});

it("goes on spelling after many different types", () => {
  for (let i = 0; i < 600; i += 1) eventType(`EVENT_TYPE_MADE_UP_${i}`);
  expect(eventType("EVENT_TYPE_MADE_UP_599")).toBe("MadeUp599");
  expect(eventType("EVENT_TYPE_TIMER_FIRED")).toBe("TimerFired");
});

it("knows the API's types from others", () => {
  expect(isKnownEventType("TimerFired")).toBe(true);
  expect(isKnownEventType("WorkflowExecutionDreamt")).toBe(false);
});

it("finds the attributes of a type, and an empty message where there are none", () => {
  const event = { timerFiredEventAttributes: { timerId: "1" } };
  expect(attributesOf(event, "TimerFired")).toEqual({ timerId: "1" });
  expect(attributesOf(event, "TimerStarted")).toEqual({});
  expect(attributesOf({ "": { a: 1 }, ...event }, "Dreamt")).toEqual({ a: 1 });
});
