/**
 * Retries of activities on a real server, of every cause: the live path counts those that the history holds, by the same
 * type of failure, those after a time-out among them, of which no worker is told.
 */
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { type WorkflowTracing, workflowTracing } from "durascope/temporal";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startTemporalServer, type TemporalServer } from "../../src/engines/index.ts";
import { measurementsOf } from "../../src/projection/measurements.ts";
import { traceFromHistory } from "../../src/temporal/index.ts";
import { memoryMetrics } from "../doubles/memory-metrics.ts";
import { memoryProcessor } from "../doubles/memory-processor.ts";
import { activities, type RetriedActivities } from "./retries/activities.ts";

const WORKFLOWS = fileURLToPath(new URL("retries/workflows.ts", import.meta.url));
const TASK_QUEUE = "retries";
const NAMES = Object.keys(activities) as (keyof RetriedActivities)[];

/** Whose first attempt is told that it has timed out. */
const TIMED_OUT = ["hangs", "fallsSilent"];

/** By the name of the activity, the types of the failures that were followed by another attempt. */
const EXPECTED: Readonly<Record<string, string>> = {
  hangs: "Timeout",
  fallsSilent: "Timeout",
  failsTooLate: "Timeout",
  endsTooLate: "Timeout",
  failsWithType: "CardUnavailable",
  failsWithClass: "GatewayBusy",
  failsWithCause: "Inner",
  failsWithPlainCause: "GatewayBusy",
  abortsItself: "DOMException",
  outlivesItsWorker: "WorkerShutdown",
};

describe("retries", () => {
  const metrics = memoryMetrics();
  const processor = memoryProcessor();
  const histories: Record<string, string> = {};
  let server: TemporalServer;
  let connection: Connection;
  let native: NativeConnection;

  /** How first attempts ended, by their own workers' telling. */
  function endings(): Readonly<Record<string, unknown>> {
    const spans = processor.spans().filter(({ name }) => name.endsWith(" attempt 1"));
    return Object.fromEntries(
      spans.map(({ name, attributes }) => [name.split(" ")[0], attributes["workflow.outcome"]]),
    );
  }

  function makeWorker(tracing: WorkflowTracing): Promise<Worker> {
    return Worker.create({
      connection: native,
      taskQueue: TASK_QUEUE,
      workflowsPath: WORKFLOWS,
      activities: { ...activities },
      plugins: [tracing],
      shutdownGraceTime: "100ms",
    });
  }

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger("ERROR") });
    server = await startTemporalServer();
    connection = await Connection.connect({ address: server.address });
    native = await NativeConnection.connect({ address: server.address });
    const client = new Client({ connection });
    const options = { spanProcessor: processor, meterProvider: metrics.provider };
    const tracing = workflowTracing(options);
    const start = (name: keyof RetriedActivities) =>
      client.workflow.start("retried", { taskQueue: TASK_QUEUE, workflowId: name, args: [name] });
    const left = await start("outlivesItsWorker");
    const first = await makeWorker(tracing);
    await first.runUntil(() =>
      vi.waitUntil(
        async () => (await left.describe()).raw.pendingActivities?.[0]?.lastStartedTime != null,
        20_000,
      ),
    );
    const second = await makeWorker(tracing);
    await second.runUntil(async () => {
      const others = NAMES.filter((name) => name !== "outlivesItsWorker").map(start);
      const handles = [left, ...(await Promise.all(others))];
      await Promise.all(
        handles.map(async (handle) => {
          await handle.result();
          const { runId } = await handle.describe();
          const trace = traceFromHistory(await handle.fetchHistory(), {
            workflowId: handle.workflowId,
            runId,
          });
          if (!trace.ok) throw new Error(trace.error.message);
          const retries = measurementsOf(trace.value).filter(
            ({ instrument }) => instrument === "stepRetries",
          );
          for (const { labels } of retries) count(histories, labels);
        }),
      );
      // The SDK tells an attempt some seconds later that it has timed out.
      await vi.waitUntil(() => TIMED_OUT.every((name) => endings()[name]), 30_000);
    });
  });

  afterAll(async () => {
    await native?.close();
    await connection?.close();
    await server?.stop();
  });

  it("are in the histories as expected", () => {
    expect(histories).toEqual(EXPECTED);
  });

  it("are counted live as the histories hold them", async () => {
    const live: Record<string, string> = {};
    for (const { name, labels, value } of await metrics.points()) {
      if (name !== "workflow.step.retries") continue;
      for (let i = 0; i < value; i += 1) count(live, labels);
    }
    expect(live).toEqual(histories);
  });

  it("leave the attempt that timed out, and the one whose worker stopped, with their own outcome", () => {
    expect(endings()).toMatchObject({
      hangs: "timed_out",
      fallsSilent: "timed_out",
      abortsItself: "failed",
      outlivesItsWorker: "failed",
    });
  });
});

/** Adds a retry to what is known of its step: its type, or all of them. */
function count(counted: Record<string, string>, labels: Readonly<Record<string, unknown>>): void {
  const step = String(labels["workflow.step.name"]);
  const type = String(labels["error.type"]);
  counted[step] = counted[step] === undefined ? type : `${counted[step]} ${type}`;
}
