/** Load on Temporal: a server, a worker with the tracing plugin, and clients. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { workflowTracing } from "durascope/temporal";
import { memoryLedger } from "../shared/ledger.ts";
import { sagaOptions } from "../shared/options.ts";
import { answer, startOrder } from "../temporal/client.ts";
import { startLocalTemporal } from "../temporal/local.ts";
import { runOnTemporal } from "../temporal/run-scenario.ts";
import type { EngineOptions, LoadEngine } from "./engine.ts";

let isInstalled = false;

/** The SDK's native part is set up once a process, however often a start is tried. */
function installRuntime(): void {
  if (isInstalled) return;
  isInstalled = true;
  Runtime.install({
    logger: new DefaultLogger("ERROR"),
    telemetryOptions: { logging: { filter: "OFF" } },
    // By default the worker would stop by itself on a signal, in the middle of a round.
    shutdownSignals: [],
  });
}

/** Starts a server, or takes the one of `TEMPORAL_ADDRESS`, and a worker on it. */
export async function temporalLoad({ log, ...telemetry }: EngineOptions): Promise<LoadEngine> {
  installRuntime();
  const tracing = workflowTracing({ ...sagaOptions, ...telemetry });
  const local = await startLocalTemporal({ ledger: memoryLedger(), log, plugins: [tracing] });
  const { connection } = local;
  const client = new Client({ connection, plugins: [tracing] });
  return {
    async play(scenario) {
      await runOnTemporal(scenario, { connection, plugins: [tracing] });
    },
    async leaveWaiting(order) {
      await startOrder(client, order);
    },
    answer: (orderId) => answer(client, orderId, { approved: true, reviewerId: "load" }),
    async cancel(orderId) {
      await client.workflow.getHandle(orderId).cancel();
    },
    async settle() {
      // A moment for what the worker does after the last answer.
      await sleep(500);
      await tracing.flush();
    },
    async stop() {
      await local.stop();
      await tracing.flush();
    },
  };
}
