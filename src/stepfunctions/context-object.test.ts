import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stateInvocation } from "./context-object.ts";
import { runIdentity } from "./history.ts";

const arn = "arn:aws:states:eu-central-1:123456789012:execution:OrderSaga:order-1001";
const state = { Name: "ChargeCard", EnteredTime: "2026-01-02T03:04:05.678Z", RetryCount: 0 };
const small = { e: arn, s: state, r: 0 };

const expected = {
  identity: {
    engine: "aws_step_functions",
    workflowId: "order-1001",
    runId: arn,
    firstRunId: arn,
    namespace: "123456789012/eu-central-1",
    workflowType: "OrderSaga",
    stepName: "ChargeCard",
    stepKind: "lambda",
    attempt: 1,
  },
  attemptKey: "ChargeCard#2026-01-02T03:04:05.678Z",
  redrive: 0,
};

describe("stateInvocation", () => {
  test.each([
    ["the small field", { orderId: 1, _wf: small }],
    ["the small field inside Payload", { FunctionName: "f", Payload: { _wf: small } }],
    ["the small field inside input", { taskToken: "t", input: { _wf: small } }],
    [
      "a raw context object",
      { Execution: { Id: arn, Input: {} }, State: state, Task: { Token: "t" } },
    ],
    [
      "Datadog's field",
      { _datadog: { Execution: { Id: arn }, State: state, "serverless-version": "v1" } },
    ],
    [
      "Datadog's field inside Payload",
      { Payload: { _datadog: { Execution: { Id: arn }, State: state } } },
    ],
  ])("reads %s", (_name, event) => {
    expect(stateInvocation(event)).toEqual(expected);
  });

  test("retries, redrives and the Map's index are part of the attempt", () => {
    const event = { _wf: { e: arn, s: { ...state, RetryCount: 2 }, r: 1, i: 0 } };
    expect(stateInvocation(event)).toMatchObject({
      identity: { attempt: 3 },
      attemptKey: "ChargeCard#2026-01-02T03:04:05.678Z#2#1#0",
      redrive: 1,
    });
  });

  test("a time in another precision is the same attempt", () => {
    const event = { _wf: { e: arn, s: { ...state, EnteredTime: "2026-01-02T03:04:05.678901Z" } } };
    expect(stateInvocation(event)?.attemptKey).toBe(expected.attemptKey);
  });

  test.each([
    arn,
    "arn:aws-cn:states:cn-north-1:1:execution:M/label:0c9b",
    "arn:aws:states:us-east-1:1:express:M:name:0c9b-uuid",
  ])("names the run as the history's reader does: %s", (executionArn) => {
    const found = stateInvocation({ _wf: { ...small, e: executionArn } })?.identity;
    expect(found).toMatchObject({ ...runIdentity(executionArn) });
  });

  test.each([
    ["no object", "text"],
    ["another source", { Records: [] }],
    ["no ARN", { _wf: { ...small, e: "order-1" } }],
    [
      "an ARN of another service",
      { _wf: { ...small, e: "arn:aws:lambda:us-east-1:1:function:f:g:h" } },
    ],
    ["an endless ARN", { _wf: { ...small, e: arn + "x".repeat(5_000) } }],
    ["no state", { _wf: { e: arn } }],
    ["an endless state name", { _wf: { ...small, s: { ...state, Name: "x".repeat(5_000) } } }],
    ["no time", { _wf: { ...small, s: { ...state, EnteredTime: "yesterday" } } }],
  ])("is undefined for %s", (_name, event) => {
    expect(stateInvocation(event)).toBeUndefined();
  });

  test("never throws, whatever the event", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) => {
        stateInvocation(value);
        stateInvocation({ _wf: value });
        stateInvocation({ _wf: { e: arn, s: value, r: value, i: value } });
      }),
    );
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
      },
    );
    expect(stateInvocation(hostile)).toBeUndefined();
  });
});
