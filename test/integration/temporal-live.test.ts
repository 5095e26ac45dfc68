/**
 * Live and history agree: for each saga run on a real Temporal server, every span made from the fetched history has a
 * span of the same id, name and parent among those that the plugin emitted while it ran.
 */
import { Client } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { workflowTracing } from "durascope/temporal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { createLog } from "../../examples/order-saga/shared/log.ts";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { fetchTemporalHistory } from "../../examples/order-saga/temporal/history.ts";
import {
  type LocalTemporal,
  startLocalTemporal,
} from "../../examples/order-saga/temporal/local.ts";
import {
  runOnTemporal,
  type TemporalRun,
} from "../../examples/order-saga/temporal/run-scenario.ts";
import { spansOf } from "../../src/index.ts";
import { traceFromHistory } from "../../src/temporal/index.ts";
import { memoryProcessor } from "../doubles/memory-processor.ts";

describe("the plugin on a real server", () => {
  const processor = memoryProcessor();
  const warnings: string[] = [];
  const tracing = workflowTracing({
    ...sagaOptions,
    businessKeys: ({ input }) => ({ "order.id": (input as { orderId: string }).orderId }),
    spanProcessor: processor,
    onWarning: (message) => warnings.push(message),
  });
  const runs = new Map<string, TemporalRun>();
  let temporal: LocalTemporal;
  let client: Client;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger("ERROR") });
    temporal = await startLocalTemporal({
      ledger: memoryLedger(),
      log: createLog(),
      plugins: [tracing],
    });
    client = new Client({ connection: temporal.connection });
    await Promise.all(
      scenarios.map(async (scenario) => {
        const options = { connection: temporal.connection, plugins: [tracing] };
        runs.set(scenario.name, await runOnTemporal(scenario, options));
      }),
    );
    await tracing.flush();
  });

  afterAll(async () => {
    await temporal?.stop();
  });

  it.each(scenarios.map(({ name }) => name))(
    "emits every span of the history of '%s' with the same id, name and parent",
    async (name) => {
      const run = runs.get(name);
      if (run === undefined) throw new Error("the scenario did not run");
      const history = await fetchTemporalHistory(client, run);
      const trace = traceFromHistory(history, run, sagaOptions);
      if (!trace.ok) throw new Error(trace.error.message);
      const emitted = new Map(processor.spans().map((span) => [span.spanId, span]));
      const expected = spansOf(trace.value);
      expect(expected.length).toBeGreaterThan(5);
      const shape = (
        span: { spanId: string; name: string; parentSpanId?: string; traceId: string } | undefined,
      ): object => ({
        traceId: span?.traceId,
        spanId: span?.spanId,
        name: span?.name,
        parentSpanId: span?.parentSpanId,
      });
      expect(expected.map((span) => shape(emitted.get(span.spanId)))).toEqual(expected.map(shape));
      for (const span of expected) {
        const live = emitted.get(span.spanId);
        expect({
          name: span.name,
          status: live?.status.code,
          compensates: live?.attributes["workflow.step.compensates"],
        }).toEqual({
          name: span.name,
          status: span.status.code,
          compensates: span.attributes["workflow.step.compensates"],
        });
      }
    },
  );

  it("has told that a run waits for approval long before anything ends the wait", async () => {
    const scenario = scenarios.find(({ name }) => name === "approved");
    if (scenario === undefined) throw new Error("no such scenario");
    const order = { ...scenario.order, orderId: "order-2002" };
    const options = { connection: temporal.connection, plugins: [tracing], reviewPauseMs: 6000 };
    await runOnTemporal({ ...scenario, order }, options);
    await tracing.flush();
    const of = (name: string): (typeof all)[number] | undefined =>
      all.find((span) => span.name === name);
    const all = processor.spans().filter((span) => span.attributes["workflow.id"] === "order-2002");
    const marker = of("waiting for approval");
    expect(marker?.startTime).toBe(of("wait approval")?.startTime);
    expect(marker?.receivedAt).toBeLessThan((of("wait approval")?.endTime ?? 0) - 1000);
  });

  it("emits no span twice, and each with the business key of its run", () => {
    const spans = processor
      .spans()
      .filter((span) => span.kind !== "CONSUMER" && span.kind !== "PRODUCER");
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
    expect(
      spans.filter((span) => span.attributes["order.id"] !== span.attributes["workflow.id"]),
    ).toEqual([]);
    expect(warnings).toEqual([]);
  });
});
