import { describe, expect, it } from "vitest";
import { fakeDatadogTracer } from "../../test/doubles/datadog-tracer.ts";
import { memoryProcessor } from "../../test/doubles/memory-processor.ts";
import { runIds } from "../core/ids.ts";
import { runWithIdentity } from "../correlation/active-identity.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { datadogSide } from "./datadog-side.ts";
import { workflowTracing } from "./plugin.ts";

const ids = runIds("temporal", "run-1", nodeSha256);
const info = {
  activityId: "3",
  activityType: "chargeCard",
  attempt: 2,
  isLocal: false,
  taskQueue: "orders",
  currentAttemptScheduledTimestampMs: 0,
  workflowExecution: { workflowId: "order-1", runId: "run-1" },
  workflowType: "orderSaga",
};

interface ActivityInterceptor {
  readonly inbound: {
    execute(input: object, next: (input: object) => Promise<unknown>): Promise<unknown>;
  };
  readonly outbound: {
    getLogAttributes(input: object, next: (input: object) => object): object;
  };
}

type Tracing = ReturnType<typeof workflowTracing>;

/** The plugin's interceptor of an activity, as a worker makes it. */
function activityOf(tracing: Tracing): ActivityInterceptor {
  const { interceptors }: { interceptors?: { activity?: ((context: object) => object)[] } } =
    tracing.configureWorker({});
  return interceptors?.activity?.[0]?.({ info }) as ActivityInterceptor;
}

interface StartInterceptor {
  startWithDetails(input: object, next: (input: object) => Promise<object>): Promise<object>;
}

describe("workflowTracing with dd-trace's tracer", () => {
  it("runs an activity in a dd-trace span below the attempt's own, in one trace", async () => {
    const tracer = fakeDatadogTracer();
    const spanProcessor = memoryProcessor();
    const { inbound } = activityOf(workflowTracing({ ddTracer: tracer, spanProcessor }));
    const result = await inbound.execute({ headers: {} }, async () => "charged");
    const [attempt] = spanProcessor.spans();
    expect(result).toBe("charged");
    expect(attempt).toMatchObject({ name: "chargeCard attempt 2", traceId: ids.traceId });
    expect(tracer.spans).toMatchObject([
      {
        name: "workflow.step",
        traceId: ids.traceId,
        parentId: attempt?.spanId,
        finished: true,
        tags: { "workflow.id": "order-1", "workflow.step.attempt": 2 },
      },
    ]);
  });

  it("tells a failure by Temporal's own words", async () => {
    const tracer = fakeDatadogTracer();
    const { inbound } = activityOf(
      workflowTracing({ ddTracer: tracer, spanProcessor: memoryProcessor() }),
    );
    const error = Object.assign(new Error("no money"), {
      name: "ApplicationFailure",
      type: "CardDeclined",
    });
    await expect(inbound.execute({}, () => Promise.reject(error))).rejects.toBe(error);
    expect(tracer.spans[0]?.tags).toMatchObject({
      error: true,
      "error.type": "CardDeclined",
      "error.message": "no money",
    });
  });

  it("gives the activity's log lines the ids of dd-trace's active span", () => {
    const tracer = fakeDatadogTracer();
    const { outbound } = activityOf(workflowTracing({ ddTracer: tracer }));
    const attributes = (): object => outbound.getLogAttributes({}, (given) => given);
    expect(attributes()).not.toHaveProperty("dd.span_id");
    const inside = tracer.inside("mine", attributes);
    expect(inside).toMatchObject({ "workflow.id": "order-1", "dd.span_id": "1" });
  });

  it("starts a run in the trace of the active dd-trace span", async () => {
    const tracer = fakeDatadogTracer();
    const spanProcessor = memoryProcessor();
    const { interceptors }: { interceptors?: { workflow?: StartInterceptor[] } } = workflowTracing({
      ddTracer: tracer,
      spanProcessor,
    }).configureClient({});
    const input = { workflowType: "orderSaga", headers: {}, options: { workflowId: "order-1" } };
    await tracer.inside("checkout", () =>
      interceptors?.workflow?.[0]?.startWithDetails(input, async () => ({ runId: "run-1" })),
    );
    const [checkout] = tracer.spans;
    expect(spanProcessor.spans()).toMatchObject([
      { name: "start orderSaga", traceId: checkout?.traceId, parentSpanId: checkout?.spanId },
    ]);
  });

  it("refuses what is no tracer", () => {
    const module = Object({ default: fakeDatadogTracer() });
    expect(() => workflowTracing({ ddTracer: module })).toThrow(/not the tracer of dd-trace/);
  });
});

describe("datadogSide", () => {
  it("takes a span in which the worker is started for no activity's", async () => {
    const tracer = fakeDatadogTracer();
    const { inbound } = activityOf(
      workflowTracing({ ddTracer: tracer, spanProcessor: memoryProcessor() }),
    );
    const tracing = workflowTracing({ ddTracer: tracer, spanProcessor: memoryProcessor() });
    const own = activityOf(tracing);
    await tracer.inside("main", async () => {
      const running = tracing.runWorker({}, async () => undefined);
      const step = own.inbound.execute({}, async () => "value");
      await Promise.all([running, step]);
    });
    expect(tracer.spans.map(({ name }) => name)).toEqual(["main", "workflow.step"]);
    await tracer.inside("mine", () => inbound.execute({}, async () => "value"));
    expect(tracer.spans.map(({ name }) => name)).toEqual(["main", "workflow.step", "mine"]);
  });

  it("without a tracer only hands on", async () => {
    const side = datadogSide({}, () => undefined);
    side.workerStarts();
    expect(await side.around(async () => 7)).toBe(7);
    expect(side.logIds()).toEqual({});
    expect(side.caller()).toBeUndefined();
  });

  it.each([{}, { ddTracer: fakeDatadogTracer() }])(
    "takes the step that code runs for as the caller where nothing else is active",
    (options) => {
      const side = datadogSide(options, () => undefined);
      const step = {
        engine: "temporal",
        workflowId: "order-1",
        runId: "run-1",
        namespace: "default",
        traceId: ids.traceId,
        spanId: ids.attempt("activity:3#2"),
      } as const;
      expect(runWithIdentity(step, () => side.caller())).toMatchObject({
        traceId: step.traceId,
        spanId: step.spanId,
      });
    },
  );
});
