import { expect, it } from "vitest";
import { openTrace } from "../../test/support/open-trace.ts";
import type { Step } from "../core/model.ts";
import { addCompensation, addWait } from "./span-attributes.ts";

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

it("a compensation names each of the steps once, in the order in which they were done", () => {
  const step = (key: string, name: string): Step => ({
    key,
    kind: "activity",
    name,
    id: key,
    scheduled: 0,
    attempts: [],
    children: [],
    links: [],
    segment: 0,
    openedBy: 1,
  });
  const steps = [step("1", "reserve"), step("2", "charge"), step("3", "reserve"), step("4", "x")];
  const attributes = {};
  addCompensation(attributes, openTrace("run-1", { steps }), ["1", "2", "3"]);
  expect(attributes).toEqual({ "workflow.step.compensates": "reserve,charge" });
});
