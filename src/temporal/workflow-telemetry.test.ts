import { expect, it, vi } from "vitest";
import { memoryMetrics } from "../../test/doubles/memory-metrics.ts";
import { memoryProcessor } from "../../test/doubles/memory-processor.ts";
import { openTrace } from "../../test/support/open-trace.ts";
import { workflowTelemetry } from "./workflow-telemetry.ts";

const TWO_HOURS = 7_200_000;
const AGE = "workflow.open.age.max temporal saga";

/** A worker of the task queue `orders`, whose server lists one run that began two hours ago. */
function worker(): object {
  const seconds = Math.floor((Date.now() - TWO_HOURS) / 1000);
  const executions = [{ type: { name: "saga" }, startTime: { seconds, nanos: 0 } }];
  const workflowService = { listWorkflowExecutions: async () => ({ executions }) };
  const options = { namespace: "shop", taskQueue: "orders" };
  return { options, connection: { workflowService } };
}

it("a worker that begins shows the age of the oldest run that the server knows, until it ends", async () => {
  const { provider, values } = memoryMetrics();
  const telemetry = workflowTelemetry({
    meterProvider: provider,
    spanProcessor: memoryProcessor(),
  });
  const running = worker();
  telemetry.workerStarted(running);
  await vi.waitUntil(async () => AGE in (await values()));
  expect((await values())[AGE]).toBeGreaterThanOrEqual(7200);
  expect(await values()).not.toHaveProperty("workflow.open temporal saga");

  // A younger one of its own does not hide it, and an older one is the oldest.
  const told = { historyLength: 3, after: 0, discarded: [] };
  telemetry.follow({ ...told, trace: openTrace("young", { started: Date.now() }) });
  expect((await values())[AGE]).toBeGreaterThanOrEqual(7200);
  telemetry.follow({ ...told, trace: openTrace("old", { started: Date.now() - 2 * TWO_HOURS }) });
  expect((await values())[AGE]).toBeGreaterThanOrEqual(14_400);

  telemetry.workerStopped(running);
  expect(await values()).toMatchObject({ [AGE]: 0, "workflow.open temporal saga": 0 });
});

it("without a MeterProvider nothing is asked of the server", async () => {
  const telemetry = workflowTelemetry({ spanProcessor: memoryProcessor() });
  const asked = vi.fn();
  const workflowService = { listWorkflowExecutions: asked, describeWorkflowExecution: asked };
  const options = { namespace: "shop", taskQueue: "orders" };
  const running = { options, connection: { workflowService } };
  telemetry.workerStarted(running);
  expect(telemetry.wanted()).toEqual({ measurements: false, events: false });
  telemetry.workerStopped(running);
  await telemetry.flush();
  expect(asked).not.toHaveBeenCalled();
});
