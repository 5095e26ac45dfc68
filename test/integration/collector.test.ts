/** Claim: a collector that refuses or hangs changes nothing for a workflow, and keeps no worker from stopping. */
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { workflowTracing } from "durascope/temporal";
import { beforeAll, describe, expect, it } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { createLog } from "../../examples/order-saga/shared/log.ts";
import { scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { startLocalTemporal } from "../../examples/order-saga/temporal/local.ts";
import { runOnTemporal } from "../../examples/order-saga/temporal/run-scenario.ts";
import { startOtlpReceiver } from "../doubles/otlp-receiver.ts";

describe("a worker whose collector", () => {
  beforeAll(() => void Runtime.install({ logger: new DefaultLogger("ERROR") }));

  it.each(["refuse", "hang"] as const)(
    "would %s runs its workflows to their ends, and stops",
    async (behaviour) => {
      const receiver = await startOtlpReceiver(behaviour);
      const exporter = new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` });
      const tracing = workflowTracing({
        spanProcessor: new BatchSpanProcessor({ exporter, scheduledDelayMillis: 50 }),
      });
      const log = createLog({ write: () => undefined });
      const temporal = await startLocalTemporal({
        ledger: memoryLedger(),
        log,
        plugins: [tracing],
      });
      const scenario = scenarios.find(({ name }) => name === "undeliverable");
      if (scenario === undefined) throw new Error("no such scenario");
      const run = await runOnTemporal(scenario, {
        connection: temporal.connection,
        plugins: [tracing],
      });
      const { status } = await temporal.connection.workflowService
        .describeWorkflowExecution({ namespace: "default", execution: run })
        .then(({ workflowExecutionInfo }) => ({ status: workflowExecutionInfo?.status }));
      // WORKFLOW_EXECUTION_STATUS_FAILED: the saga's own end, not the collector's doing.
      expect(Number(status)).toBe(3);
      await temporal.stop();
      await receiver.stop();
    },
  );
});
