/** Plays all scenarios on both engines at once, traced: this is the whole of what an application adds. */
import { Client } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import type { PrometheusEndpoint } from "durascope/exporters";
import { StepFunctionsPoller } from "durascope/stepfunctions";
import { workflowTracing } from "durascope/temporal";
import type { Logger } from "pino";
import { describeExit } from "../../../src/engines/index.ts";
import { memoryLedger } from "../shared/ledger.ts";
import { sagaOptions } from "../shared/options.ts";
import type { Scenario } from "../shared/scenarios.ts";
import { memoryApprovals } from "../stepfunctions/approvals.ts";
import { createHandlers } from "../stepfunctions/handlers.ts";
import { fetchStepFunctionsHistory } from "../stepfunctions/history.ts";
import { startLocalStepFunctions } from "../stepfunctions/local.ts";
import { runOnStepFunctions, type StepFunctionsRun } from "../stepfunctions/run-scenario.ts";
import { fetchTemporalHistory } from "../temporal/history.ts";
import { startLocalTemporal } from "../temporal/local.ts";
import { runOnTemporal, type TemporalRun } from "../temporal/run-scenario.ts";

/** A history as its engine gives it, and the run that it is of. */
export type TemporalRecording = TemporalRun & {
  readonly history: { readonly events: readonly unknown[] };
};
/** The same for Step Functions. */
export type StepFunctionsRecording = StepFunctionsRun &
  Awaited<ReturnType<typeof fetchStepFunctionsHistory>>;

/** One engine, ready to play. */
export interface Stage<Recording> {
  /** Plays a scenario to its end and fetches its history. Rejects when the engine dies meanwhile. */
  play(scenario: Scenario): Promise<Recording>;
  /** Hands on what is still held back; the engine may be gone. */
  settle(): Promise<void>;
  /** Stops the engine. */
  stop(): Promise<void>;
}

/** Where metrics go, when they are wanted. Your application's global MeterProvider needs no such option. */
type Metrics = Pick<PrometheusEndpoint, "meterProvider">;

function meterOf(metrics: Metrics | undefined): Partial<Metrics> {
  return metrics === undefined ? {} : { meterProvider: metrics.meterProvider };
}

/** A worker and clients with the tracing plugin, on a Temporal server. */
export async function temporalStage(
  log: Logger,
  metrics?: Metrics,
): Promise<Stage<TemporalRecording>> {
  // The SDK's own warnings about failed activities repeat what the log lines of the steps say.
  Runtime.install({
    logger: new DefaultLogger("ERROR"),
    telemetryOptions: { logging: { filter: "OFF" } },
  });
  const tracing = workflowTracing({ ...sagaOptions, ...meterOf(metrics) });
  const local = await startLocalTemporal({
    ledger: memoryLedger(),
    log,
    plugins: [tracing],
  });
  const { server, connection } = local;
  const client = new Client({ connection });
  return {
    play: (scenario) =>
      unlessItDies("Temporal", server.closed, async () => {
        const run = await runOnTemporal(scenario, { connection, plugins: [tracing] });
        return { ...run, history: await fetchTemporalHistory(client, run) };
      }),
    settle: () => tracing.flush(),
    stop: () => local.stop(),
  };
}

/** Wrapped handlers, and a poller beside a Step Functions endpoint. */
export async function stepFunctionsStage(
  log: Logger,
  metrics?: Metrics,
): Promise<Stage<StepFunctionsRecording>> {
  const approvals = memoryApprovals();
  // All functions share this process and its file, and nobody pays for their time: they may wait longer.
  const tracing = { flushTimeoutMs: 2000 };
  const handlers = createHandlers({ ledger: memoryLedger(), approvals, log, tracing });
  const local = await startLocalStepFunctions(handlers);
  const { endpoint, sfn, stateMachineArn } = local;
  const poller = new StepFunctionsPoller({
    client: sfn,
    stateMachineArns: [stateMachineArn],
    traceOptions: sagaOptions,
    minInterval: 200,
    maxInterval: 1000,
    ...meterOf(metrics),
  });
  await poller.start();
  return {
    play: (scenario) =>
      unlessItDies("Step Functions", endpoint.closed, async () => {
        const run = await runOnStepFunctions(scenario, { sfn, stateMachineArn, approvals });
        return {
          ...run,
          ...(await fetchStepFunctionsHistory(sfn, run.executionArn, {
            includeExecutionData: false,
          })),
        };
      }),
    async settle() {
      await poller.poll();
      await poller.stop();
    },
    stop: () => local.stop(),
  };
}

/** An engine that is gone answers nothing: without this, its clients would try for minutes. */
function unlessItDies<Value>(
  name: string,
  closed: Promise<Parameters<typeof describeExit>[0]>,
  play: () => Promise<Value>,
): Promise<Value> {
  const died = closed.then((exit): never => {
    throw new Error(`the ${name} engine ended in the middle of the run (${describeExit(exit)})`);
  });
  return Promise.race([play(), died]);
}
