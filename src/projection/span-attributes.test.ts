import { expect, it } from "vitest";
import { addWait } from "./span-attributes.ts";

it("a wait's attributes say only what is known of it", () => {
  const attributes = {};
  addWait(attributes, { kind: "timer" });
  expect(attributes).toEqual({ "workflow.wait.kind": "timer" });
  addWait(attributes, { kind: "timer", deadline: 0, outcome: "resolved", resolvedBy: "alice" });
  expect(attributes).toEqual({
    "workflow.wait.kind": "timer",
    "workflow.wait.deadline": "1970-01-01T00:00:00.000Z",
    "workflow.wait.outcome": "resolved",
    "workflow.wait.resolved_by": "alice",
  });
});
