import { expect, test } from "vitest";
import { fakeDatadogTracer } from "../../test/doubles/datadog-tracer.ts";
import { type ActiveIdentity, runWithIdentity } from "./active-identity.ts";
import { activeDatadogSpan, datadogLogIds, isDatadogTracer } from "./datadog-tracer.ts";
import { logFields } from "./log-fields.ts";
import { workflowMixin } from "./mixin.ts";

const identity: ActiveIdentity = {
  engine: "temporal",
  workflowId: "order-1",
  runId: "run-1",
  namespace: "default",
  traceId: "a".repeat(32),
  spanId: "b".repeat(16),
};
const throwing = {
  ...fakeDatadogTracer(),
  scope(): never {
    throw new Error("dd-trace");
  },
};

test("a tracer is known by its methods", () => {
  expect(isDatadogTracer(fakeDatadogTracer())).toBe(true);
  for (const value of [undefined, null, "tracer", {}, { default: fakeDatadogTracer() }])
    expect(isDatadogTracer(value)).toBe(false);
});

test("the active span is told in OpenTelemetry's form, all 128 bits", () => {
  const tracer = fakeDatadogTracer();
  expect(activeDatadogSpan(tracer)).toBeUndefined();
  tracer.inside("web", ({ traceId, spanId }) => {
    expect(activeDatadogSpan(tracer)).toEqual({ traceId, spanId });
  });
});

test("ids of zeros, as a tracer gives that is not started, are none", () => {
  const zeros = {
    toTraceId: () => "0".repeat(32),
    toSpanId: () => "0".repeat(16),
    toTraceparent: () => "",
  };
  const span = { context: () => zeros, setTag: () => undefined, finish: () => undefined };
  const tracer = {
    ...fakeDatadogTracer(),
    scope: () => ({ active: () => span, activate: <T>(_span: object, run: () => T) => run() }),
  };
  expect(activeDatadogSpan(tracer)).toBeUndefined();
});

test("a tracer that throws has no active span and no log ids", () => {
  expect(activeDatadogSpan(throwing)).toBeUndefined();
  expect(datadogLogIds(throwing)).toBeUndefined();
});

test("a step's log line has the ids of dd-trace's active span, as dd-trace writes them", () => {
  const tracer = fakeDatadogTracer();
  const mixin = workflowMixin({ ddTracer: tracer });
  runWithIdentity(identity, () => {
    const parent = tracer.extract("http_headers", {
      traceparent: `00-${identity.traceId}-${identity.spanId}-01`,
    });
    const span = tracer.startSpan("inner", { ...(parent && { childOf: parent }), tags: {} });
    const line = tracer.scope().activate(span, () => mixin());
    expect(line).toMatchObject({
      "workflow.id": "order-1",
      trace_id: identity.traceId,
      span_id: span.context().toSpanId(true),
      "dd.trace_id": identity.traceId,
      "dd.span_id": span.context().toSpanId(),
    });
    // The next line is written outside of it.
    expect(mixin()).toMatchObject({ span_id: identity.spanId });
    expect(mixin()).not.toHaveProperty("dd.span_id");
  });
});

test("a dd-trace span of another trace gives the dd ids alone", () => {
  const tracer = fakeDatadogTracer();
  const mixin = workflowMixin({ ddTracer: tracer });
  const line = tracer.inside("web", () => runWithIdentity(identity, () => mixin()));
  const [web] = tracer.spans;
  expect(line).toMatchObject({
    trace_id: identity.traceId,
    span_id: identity.spanId,
    "dd.trace_id": web?.traceId,
    "dd.span_id": web?.context().toSpanId(),
  });
});

test("with datadog beside it, the step's own ids stand in where dd-trace has no span", () => {
  const fields = logFields(identity, { datadog: true, ddTracer: throwing });
  expect(fields).toMatchObject({ "dd.span_id": "13527612320720337851" });
});

test("a mixin is refused what is no tracer, such as the module object of dd-trace", () => {
  const module = Object({ default: fakeDatadogTracer() });
  expect(() => workflowMixin({ ddTracer: module })).toThrow(
    expect.objectContaining({ code: "DATADOG_TRACER" }),
  );
});
