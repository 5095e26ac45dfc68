import { expect, test } from "vitest";
import { fakeDatadogTracer } from "../../test/doubles/datadog-tracer.ts";
import { withWorkflow } from "../lambda/with-workflow.ts";
import { type ActiveIdentity, runWithIdentity } from "./active-identity.ts";
import { withDatadog } from "./with-datadog.ts";

const identity: ActiveIdentity = {
  engine: "aws_step_functions",
  workflowId: "order-1",
  runId: "arn",
  namespace: "123456789012/us-east-1",
  stepName: "chargeCard",
  traceId: "a".repeat(32),
  spanId: "b".repeat(16),
};

test("runs in a dd-trace span of the step, with this and parameters and result", () => {
  const tracer = fakeDatadogTracer();
  const wrapped = withDatadog(function (this: unknown, ...parameters: number[]) {
    return [this, ...parameters];
  }, tracer);
  expect(runWithIdentity(identity, () => Reflect.apply(wrapped, "me", [1, 2]))).toEqual([
    "me",
    1,
    2,
  ]);
  expect(tracer.spans).toMatchObject([{ traceId: identity.traceId, parentId: identity.spanId }]);
});

test("outside of a step it only calls", () => {
  const tracer = fakeDatadogTracer();
  expect(withDatadog(() => 7, tracer)()).toBe(7);
  expect(tracer.spans).toEqual([]);
});

test("an error's name and message are told, by the rule", () => {
  const tracer = fakeDatadogTracer();
  const fail = (): never => {
    throw new RangeError("no money");
  };
  for (const options of [{}, { failureMessages: "drop" }] as const)
    expect(() => runWithIdentity(identity, withDatadog(fail, tracer, options))).toThrow("no money");
  const [kept, dropped] = tracer.spans;
  expect(kept?.tags).toMatchObject({ "error.type": "RangeError", "error.message": "no money" });
  expect(dropped?.tags).toMatchObject({ "error.type": "RangeError" });
  expect(dropped?.tags).not.toHaveProperty("error.message");
});

test("a trace id that dd-trace does not take is told once", () => {
  const warnings: string[] = [];
  const wrapped = withDatadog(() => 7, fakeDatadogTracer(true), {
    onWarning: (message) => void warnings.push(message),
  });
  runWithIdentity(identity, () => [wrapped(), wrapped()]);
  expect(warnings).toEqual([expect.stringMatching(/^durascope: dd-trace did not take/)]);
});

test("marks of streaming handlers stay, and a handler with a callback is still refused", () => {
  const tracer = fakeDatadogTracer();
  const mark = Symbol.for("aws.lambda.runtime.handler.streaming");
  const streaming = Object.assign(async (_event: object, _stream: object) => 7, {
    [mark]: "response",
  });
  expect(Reflect.get(withDatadog(streaming, tracer), mark)).toBe("response");
  const callback = (_event: object, _context: object, _callback: object): void => undefined;
  expect(() => withWorkflow(withDatadog(callback, tracer))).toThrow(/without a callback/);
});

test("what is no tracer is refused", () => {
  expect(() => withDatadog(() => 7, Object({ default: {} }))).toThrow(/not the tracer of dd-trace/);
});
