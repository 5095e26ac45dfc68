import { expectTypeOf, test } from "vitest";
import {
  checkLaws,
  type NeutralTree,
  neutralTree,
  type Result,
  type SpanRecord,
  type Step,
  spansOf,
  stepsOf,
  type Warning,
  type WorkflowTrace,
} from "../../src/index.ts";
import { traceFromHistory as executionTrace } from "../../src/stepfunctions/index.ts";
import { traceFromHistory as workflowTrace } from "../../src/temporal/index.ts";

function rewrite(trace: WorkflowTrace): void {
  // @ts-expect-error -- read-only
  trace.outcome = "completed";
}

test("both engines' readers give the same kind of result", () => {
  expectTypeOf(workflowTrace).returns.toEqualTypeOf<Result<WorkflowTrace>>();
  expectTypeOf(executionTrace).returns.toEqualTypeOf<Result<WorkflowTrace>>();
});

test("a result must be asked whether it is a value before it is used", () => {
  expectTypeOf<Result<WorkflowTrace>>().not.toHaveProperty("value");
  expectTypeOf<Extract<Result<WorkflowTrace>, { ok: true }>>().toHaveProperty("value");
  expectTypeOf<Extract<Result<string>, { ok: true }>["warnings"]>().toEqualTypeOf<
    readonly Warning[]
  >();
  expectTypeOf<Extract<Result<string>, { ok: false }>>().not.toHaveProperty("value");
});

test("a Temporal history needs its run's identity, and its namespace may be left out", () => {
  expectTypeOf(workflowTrace).toBeCallableWith({ events: [] }, { workflowId: "w", runId: "r" });
  expectTypeOf(workflowTrace).toBeCallableWith([], { workflowId: "w", runId: "r", namespace: "n" });
  // @ts-expect-error -- a history does not surely hold its run id
  workflowTrace({ events: [] }, { workflowId: "w" });
});

test("a Step Functions history needs its execution's ARN", () => {
  expectTypeOf(executionTrace).toBeCallableWith({ events: [] }, { executionArn: "arn:..." });
  // @ts-expect-error -- a history does not hold its ARN
  executionTrace({ events: [] }, {});
});

test("a trace is data that nobody may change", () => {
  expectTypeOf<WorkflowTrace["steps"]>().toEqualTypeOf<readonly Step[]>();
  expectTypeOf(rewrite).parameter(0).toEqualTypeOf<WorkflowTrace>();
});

test("what is made of a trace has its type", () => {
  expectTypeOf(spansOf).returns.toEqualTypeOf<SpanRecord[]>();
  expectTypeOf(neutralTree).returns.toEqualTypeOf<NeutralTree>();
  expectTypeOf(checkLaws).parameters.toEqualTypeOf<[WorkflowTrace]>();
  expectTypeOf(stepsOf).returns.toEqualTypeOf<Generator<Step>>();
});
