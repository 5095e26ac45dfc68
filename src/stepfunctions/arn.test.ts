import { describe, expect, test } from "vitest";
import { parseStateMachineArn } from "./arn.ts";

const ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:orderSaga";

describe("the ARN of a state machine", () => {
  test.each([ARN, `${ARN}:7`, `${ARN}:live`])("names its region and name: %s", (arn) => {
    expect(parseStateMachineArn(arn)).toEqual({ region: "eu-central-1", name: "orderSaga" });
  });

  test.each([
    "",
    "orderSaga",
    `${ARN}:live:more`,
    `${ARN} `,
    ARN.replace("stateMachine", "execution"),
    ARN.replace("states", "lambda"),
    `${ARN}${"x".repeat(1024)}`,
  ])("is none: %s", (text) => {
    expect(parseStateMachineArn(text)).toBeUndefined();
  });
});
