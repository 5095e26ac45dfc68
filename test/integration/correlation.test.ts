/**
 * Claims, with OpenTelemetry's SDK registered as an application does it, an OTLP receiver on HTTP, and pino:
 * - the plugin, the poller and the wrapper find the SDK by themselves;
 * - the application's own spans are children of the attempt that they were made in, on both engines;
 * - every log line of a step carries the ids of its run, and the trace and span id of the span that it was written in;
 * - what the receiver got is what the histories say.
 */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { Client } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import {
  StepFunctionsPoller,
  traceFromHistory as stepFunctionsTrace,
} from "durascope/stepfunctions";
import { traceFromHistory as temporalTrace, workflowTracing } from "durascope/temporal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { createLog } from "../../examples/order-saga/shared/log.ts";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { memoryApprovals } from "../../examples/order-saga/stepfunctions/approvals.ts";
import { createHandlers } from "../../examples/order-saga/stepfunctions/handlers.ts";
import { fetchStepFunctionsHistory } from "../../examples/order-saga/stepfunctions/history.ts";
import {
  type LocalStepFunctions,
  startLocalStepFunctions,
} from "../../examples/order-saga/stepfunctions/local.ts";
import { runOnStepFunctions } from "../../examples/order-saga/stepfunctions/run-scenario.ts";
import { fetchTemporalHistory } from "../../examples/order-saga/temporal/history.ts";
import {
  type LocalTemporal,
  startLocalTemporal,
} from "../../examples/order-saga/temporal/local.ts";
import { runOnTemporal } from "../../examples/order-saga/temporal/run-scenario.ts";
import { type SpanRecord, spansOf } from "../../src/index.ts";
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from "../doubles/otlp-receiver.ts";

const scenario = scenarios.find(({ name }) => name === "fulfilled");

const byText = (a = "", b = ""): number => a.localeCompare(b);

describe("an application with OpenTelemetry and pino", () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  let receiver: OtlpReceiver;
  let provider: TracerProvider;
  let temporal: LocalTemporal;
  let stepFunctions: LocalStepFunctions;
  const expected: SpanRecord[] = [];

  beforeAll(async () => {
    if (scenario === undefined) throw new Error("no such scenario");
    Runtime.install({ logger: new DefaultLogger("ERROR") });
    receiver = await startOtlpReceiver();
    provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": "orders" }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }),
        }),
      ],
    });
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

    const tracing = workflowTracing(sagaOptions);
    const approvals = memoryApprovals();
    [temporal, stepFunctions] = await Promise.all([
      startLocalTemporal({ ledger: memoryLedger(), log, plugins: [tracing] }),
      startLocalStepFunctions(createHandlers({ ledger: memoryLedger(), approvals, log })),
    ]);
    const { sfn, stateMachineArn } = stepFunctions;
    const poller = new StepFunctionsPoller({
      client: sfn,
      stateMachineArns: [stateMachineArn],
      traceOptions: sagaOptions,
      minInterval: 100,
    });
    await poller.start();
    const [workflow, execution] = await Promise.all([
      trace.getTracer("caller").startActiveSpan("checkout", async (span) => {
        const run = await runOnTemporal(scenario, {
          connection: temporal.connection,
          plugins: [tracing],
        });
        span.end();
        return run;
      }),
      runOnStepFunctions(scenario, { sfn, stateMachineArn, approvals }),
    ]);
    await poller.poll();
    await poller.stop();
    await tracing.flush();
    await provider.forceFlush();
    const client = new Client({ connection: temporal.connection });
    const traces = [
      temporalTrace(await fetchTemporalHistory(client, workflow), workflow, sagaOptions),
      stepFunctionsTrace(
        await fetchStepFunctionsHistory(sfn, execution.executionArn),
        execution,
        sagaOptions,
      ),
    ];
    for (const result of traces) if (result.ok) expected.push(...spansOf(result.value));
  });

  afterAll(async () => {
    await temporal?.stop();
    await stepFunctions?.stop();
    await provider?.shutdown();
    await receiver?.stop();
    trace.disable();
    context.disable();
  });

  const byId = (spanId: string | undefined): ReceivedSpan | undefined =>
    receiver.spans().find((span) => span.spanId === spanId);

  it("sends what the histories say to the receiver, under the application's own resource", () => {
    expect(expected.length).toBe(18);
    const shape = (
      span: { traceId?: string; spanId?: string; parentSpanId?: string; name?: string } | undefined,
    ): object => ({
      traceId: span?.traceId,
      spanId: span?.spanId,
      parentSpanId: span?.parentSpanId ?? "",
      name: span?.name,
    });
    expect(expected.map((span) => shape(byId(span.spanId)))).toEqual(expected.map(shape));
    expect(new Set(expected.map((span) => byId(span.spanId)?.service))).toEqual(
      new Set(["orders"]),
    );
  });

  it.each(["temporal", "aws_step_functions"])(
    "makes the application's spans children of the attempts that they were made in (%s)",
    (engine) => {
      const own = receiver.spans().filter((span) => span.name === "ledger.once");
      const parents = own
        .map((span) => byId(span.parentSpanId))
        .filter((span) => span?.attributes["workflow.engine"] === engine);
      // Only what does its work reaches the ledger: one attempt of each of the three steps.
      expect(parents.length).toBe(3);
      const attempts =
        engine === "temporal"
          ? parents
          : parents.map((invocation) => byId(invocation?.parentSpanId));
      expect(attempts.map((span) => span?.name).toSorted(byText)).toEqual([
        "allocateShipping attempt 1",
        "chargeCard attempt 3",
        "reserveInventory attempt 1",
      ]);
    },
  );

  it("puts the run's ids and the active span's on every line of a step", () => {
    // reserved, two failures, charged, allocated: on each engine
    expect(lines.length).toBe(10);
    for (const line of lines) {
      const span = byId(String(line["span_id"]));
      expect({ line, span: span?.name }).toMatchObject({ span: expect.any(String) });
      expect(line).toMatchObject({
        trace_id: span?.traceId,
        "workflow.id": "order-1000",
        "workflow.run_id": span?.attributes["workflow.run_id"],
        "workflow.engine": span?.attributes["workflow.engine"],
        "workflow.step.name": span?.attributes["workflow.step.name"],
        "workflow.step.attempt": span?.attributes["workflow.step.attempt"],
      });
    }
    expect(new Set(lines.map((line) => line["workflow.engine"]))).toEqual(
      new Set(["temporal", "aws_step_functions"]),
    );
  });

  it("links the run to the span that started it, and starts it in the caller's trace", () => {
    const checkout = receiver.spans().find((span) => span.name === "checkout");
    const start = receiver.spans().find((span) => span.name === "start orderSaga");
    expect(start).toMatchObject({ traceId: checkout?.traceId, parentSpanId: checkout?.spanId });
    const run = expected.find(
      (span) => span.role === "run" && span.attributes["workflow.engine"] === "temporal",
    );
    expect(run).toMatchObject({
      kind: "SERVER",
      links: [{ traceId: checkout?.traceId, spanId: checkout?.spanId }],
    });
    expect(byId(run?.spanId)?.links).toMatchObject([
      { traceId: checkout?.traceId, spanId: checkout?.spanId },
    ]);
  });
});
