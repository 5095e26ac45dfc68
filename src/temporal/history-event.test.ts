import { expect, it } from "vitest";
import { attributesField, EVENT_TYPES, eventType } from "./history-event.ts";

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

it("lists the API's types in its own spelling", () => {
  expect(EVENT_TYPES).toContain("TimerFired");
  expect(EVENT_TYPES.map(eventType)).toEqual(EVENT_TYPES);
});

it("tells in which field the attributes of a type stand", () => {
  expect(attributesField("TimerFired")).toBe("timerFiredEventAttributes");
});
