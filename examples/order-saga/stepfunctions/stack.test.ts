import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import type { StepName } from "../shared/order.ts";
import { orderSagaTemplate, plainStateMachine } from "./synth.ts";

const steps: readonly StepName[] = [
  "reserveInventory",
  "notifyReviewer",
  "chargeCard",
  "allocateShipping",
  "refund",
];

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Retry?: readonly unknown[];
  readonly Catch?: readonly unknown[];
  readonly Parameters?: { readonly FunctionName: string; readonly Payload: object };
  readonly [field: string]: unknown;
}

const source = orderSagaTemplate();
const template = Template.fromJSON({ ...source });
const asl: { readonly StartAt: string; readonly States: Readonly<Record<string, State>> } =
  JSON.parse(plainStateMachine(source).definition);

function state(name: string): State {
  const found = asl.States[name];
  if (found === undefined) throw new Error(`no state ${name}`);
  return found;
}

describe("the template", () => {
  test("has one state machine, named as the Temporal workflow is", () => {
    const machines = template.findResources("AWS::StepFunctions::StateMachine");
    expect(Object.values(machines)).toMatchObject([
      { Properties: { StateMachineName: "orderSaga" } },
    ]);
  });

  test("has a function for each step, with the handler of its name", () => {
    const functions = Object.values(template.findResources("AWS::Lambda::Function"));
    const handlers = functions.map(
      ({ Properties }) => `${Properties.FunctionName} ${Properties.Handler}`,
    );
    expect(handlers.toSorted()).toEqual(
      steps.map((step) => `${step} index.handlers.${step}`).toSorted(),
    );
  });
});

describe("the state machine", () => {
  test.each(steps)("calls the function %s from the state of that name", (step) => {
    expect(state(step).Parameters?.FunctionName).toBe(
      `arn:aws:lambda:us-east-1:123456789012:function:${step}`,
    );
  });

  test.each(steps)("tells %s the order and who is calling, without a missing leaf", (step) => {
    expect(state(step).Parameters?.Payload).toMatchObject({
      "order.$": "$.order",
      _wf: { "e.$": "$$.Execution.Id", "s.$": "$$.State", "r.$": "$$.Execution.RedriveCount" },
    });
  });

  test("gives the task token to notifyReviewer alone", () => {
    const holders = Object.entries(asl.States)
      .filter(([, { Parameters }]) => JSON.stringify(Parameters ?? {}).includes("$$.Task.Token"))
      .map(([name]) => name);
    expect(holders).toEqual(["notifyReviewer"]);
    expect(state("notifyReviewer").Resource).toBe(
      "arn:aws:states:::lambda:invoke.waitForTaskToken",
    );
  });

  test("takes the reviewer's time from its input", () => {
    expect(state("notifyReviewer")["TimeoutSecondsPath"]).toBe("$.approvalTimeoutSeconds");
  });

  test("refunds a silent reviewer's order as rejected: no failure is kept", () => {
    expect(state("notifyReviewer").Catch?.[0]).toEqual({
      ErrorEquals: ["States.Timeout"],
      ResultPath: null,
      Next: "refund",
    });
  });

  test("tries every step but the approval again, on transient errors alone", () => {
    const retry = { ErrorEquals: ["GatewayTimeout"], IntervalSeconds: 1, BackoffRate: 2 };
    for (const step of steps.filter((name) => name !== "notifyReviewer")) {
      expect(state(step).Retry).toEqual([{ ...retry, MaxAttempts: 3 }]);
    }
    expect(state("notifyReviewer").Retry).toBeUndefined();
  });

  test("asks a reviewer over 500.00, and charges the card only after a yes", () => {
    expect(asl.StartAt).toBe("reserveInventory");
    expect(state(state("reserveInventory").Next ?? "")).toMatchObject({
      Choices: [{ Variable: "$.order.cents", NumericGreaterThan: 50_000, Next: "notifyReviewer" }],
      Default: "chargeCard",
    });
    expect(state(state("notifyReviewer").Next ?? "")).toMatchObject({
      Choices: [{ Variable: "$.decision.approved", BooleanEquals: true, Next: "chargeCard" }],
      Default: "refund",
    });
  });

  test("keeps a failure through the one refund and fails with it", () => {
    for (const step of ["chargeCard", "allocateShipping"]) {
      expect(state(step).Catch).toEqual([
        { ErrorEquals: ["States.ALL"], ResultPath: "$.failure", Next: "refund" },
      ]);
    }
    expect(state("refund").Catch).toBeUndefined();
    expect(state("failed")).toEqual({
      Type: "Fail",
      ErrorPath: "$.failure.Error",
      CausePath: "$.failure.Cause",
    });
  });
});
