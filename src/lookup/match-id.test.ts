import fc from "fast-check";
import { expect, test } from "vitest";
import { functionAttributes } from "../lambda/lambda-context.ts";
import { escapedForms, matchOf, traceIdOf } from "./match-id.ts";

test("workflow id, run id, alias and business key are the run's own", () => {
  expect(matchOf({ "workflow.id": "order-1" }, "order-1")).toBe("own");
  expect(matchOf({ "aws.step_functions.execution.arn": "arn:x" }, "arn:x")).toBe("own");
  expect(matchOf({ "order.number": 1001 }, "1001")).toBe("own");
});

test("the ids of parent, root and first run make a run a related one", () => {
  expect(matchOf({ "workflow.parent.id": "order-1" }, "order-1")).toBe("related");
  expect(matchOf({ "workflow.first_run_id": "r", "workflow.run_id": "r" }, "r")).toBe("own");
});

test("words that describe a step are no ids", () => {
  expect(matchOf({ "workflow.outcome": "completed" }, "completed")).toBeUndefined();
  expect(matchOf({ "workflow.step.attempt": 1 }, "1")).toBeUndefined();
});

test("what durascope writes about the function of a Lambda span is no id, but for the request id", () => {
  const attributes = functionAttributes(
    {
      awsRequestId: "7f6a3c1e",
      functionName: "chargeCard",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:chargeCard",
      memoryLimitInMB: 128,
    },
    true,
  );
  const found = Object.entries(attributes).filter(
    ([, value]) => matchOf(attributes, String(value)) !== undefined,
  );
  expect(found).toEqual([["faas.invocation_id", "7f6a3c1e"]]);
  expect(matchOf(attributes, "7f6a3c1e")).toBe("own");
});

test.each([
  ["service.name", "orderSaga"],
  ["error.type", "CardDeclined"],
  ["error.message", "declined"],
  ["exception.type", "CardDeclined"],
  ["durascope.batch.failed_count", 2],
  ["messaging.batch.message_count", 2],
  ["temporalActivityID", "1"],
])("%s says what it is of, not which", (key, value) => {
  expect(matchOf({ [key]: value }, String(value))).toBeUndefined();
});

test.each(["service.id", "process.id", "errors.id", "message.id"])(
  "%s may be a business key",
  (key) => {
    expect(matchOf({ [key]: 7 }, "7")).toBe("own");
  },
);

test("a trace id is padded to 32 digits, and what is no hex is none", () => {
  expect(traceIdOf("AF7651916CD43DD8448EB211C80319C")).toBe("0af7651916cd43dd8448eb211c80319c");
  expect(traceIdOf("order-1001")).toBeUndefined();
  expect(traceIdOf("01a21983-250e-7ede-8df1-2754fbdfcae0")).toBeUndefined();
});

/** JSON with some of its characters written as escapes. */
function escaped(json: string, characters: RegExp): string {
  return json.replaceAll(characters, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

test("an id is found in JSON however its writer escapes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), (id) => {
      const json = JSON.stringify({ key: id });
      for (const text of [
        json,
        escaped(json, /[^\u0020-\u007e]/g),
        escaped(json, /[<>&]/g),
        json.replaceAll("/", "\\/"),
      ]) {
        expect(escapedForms(id).some((form) => text.includes(form))).toBe(true);
      }
    }),
  );
});
