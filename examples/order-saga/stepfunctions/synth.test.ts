import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bundleHandlers, plainStateMachine, type Template } from "./synth.ts";

function templateWith(definition: unknown): Template {
  return {
    Resources: {
      Charge: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "chargeCard" } },
      Role: { Type: "AWS::IAM::Role", Properties: {} },
      Machine: {
        Type: "AWS::StepFunctions::StateMachine",
        Properties: { StateMachineName: "orderSaga", DefinitionString: definition },
      },
    },
  };
}

test("CloudFormation's functions become plain text", () => {
  const definition = {
    "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, " ", { "Fn::GetAtt": ["Charge", "Arn"] }]],
  };
  const account = { account: "111122223333", region: "eu-west-1" };

  expect(plainStateMachine(templateWith(definition), account)).toEqual({
    name: "orderSaga",
    definition: "arn:aws arn:aws:lambda:eu-west-1:111122223333:function:chargeCard",
  });
});

test.each([
  ["an unknown function", { "Fn::Sub": "${AWS::Region}" }, "Fn::Sub"],
  ["an ARN of something else", { "Fn::GetAtt": ["Role", "Arn"] }, "Role is no Lambda function"],
])("%s is refused by name", (_case, definition, message) => {
  expect(() => plainStateMachine(templateWith(definition))).toThrow(message);
});

test("a template without a state machine is refused", () => {
  expect(() => plainStateMachine({ Resources: {} })).toThrow("no state machine");
});

test("the bundle exports the handlers under the names that the functions load", async () => {
  const folder = await mkdtemp(join(tmpdir(), "order-saga-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  bundleHandlers(folder);
  const bundle: unknown = createRequire(import.meta.url)(join(folder, "index.js"));

  expect(bundle).toEqual({
    createHandlers: expect.any(Function),
    handlers: {
      reserveInventory: expect.any(Function),
      notifyReviewer: expect.any(Function),
      chargeCard: expect.any(Function),
      allocateShipping: expect.any(Function),
      refund: expect.any(Function),
    },
  });
});
