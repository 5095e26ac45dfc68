import { expect, it } from "vitest";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import type { Result } from "../../src/core/result.ts";
import { type NeutralTree, neutralTree, type WorkflowTrace } from "../../src/index.ts";
import { traceFromHistory as executionTrace } from "../../src/stepfunctions/history.ts";
import type { HistoryEvent } from "../../src/stepfunctions/history-event.ts";
import { traceFromHistory as workflowTrace } from "../../src/temporal/history.ts";
import { stepFunctionsFixture, temporalFixture } from "../support/saga-fixtures.ts";

function treeOf(result: Result<WorkflowTrace>): NeutralTree {
  if (!result.ok) throw new Error(result.error.message);
  return neutralTree(result.value);
}

it.each(scenarios)("$name has one shape on both engines, but for the engine's name", ({ name }) => {
  const workflow = temporalFixture(name);
  const execution = stepFunctionsFixture(name);
  const events = execution.events as readonly HistoryEvent[];
  const onTemporal = treeOf(workflowTrace(workflow.history, workflow, sagaOptions));
  const onStepFunctions = treeOf(executionTrace({ events }, execution, sagaOptions));
  expect(onStepFunctions).toEqual({ ...onTemporal, engine: "aws_step_functions" });
});
