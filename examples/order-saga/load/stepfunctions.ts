/** Load on Step Functions: an endpoint, the functions, and where it is asked for the poller. */
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { StepFunctionsPoller } from "durascope/stepfunctions";
import { memoryLedger } from "../shared/ledger.ts";
import { sagaOptions } from "../shared/options.ts";
import { memoryApprovals } from "../stepfunctions/approvals.ts";
import { answer } from "../stepfunctions/approve.ts";
import { createHandlers } from "../stepfunctions/handlers.ts";
import { startLocalStepFunctions } from "../stepfunctions/local.ts";
import { runOnStepFunctions } from "../stepfunctions/run-scenario.ts";
import { startOrder } from "../stepfunctions/start.ts";
import type { EngineOptions, LoadEngine } from "./engine.ts";

/**
 * Starts an endpoint, or takes the one of `AWS_ENDPOINT_URL_SFN`, with the saga on it.
 *
 * @param poll whether this process polls too; not where a poller of its own does
 */
export async function stepFunctionsLoad(
  { log, ...telemetry }: EngineOptions,
  poll: boolean,
): Promise<LoadEngine> {
  const approvals = memoryApprovals();
  const handlers = createHandlers({ ledger: memoryLedger(), approvals, log });
  const local = await startLocalStepFunctions(handlers);
  const { sfn, stateMachineArn } = local;
  const poller = new StepFunctionsPoller({
    client: sfn,
    stateMachineArns: [stateMachineArn],
    traceOptions: sagaOptions,
    minInterval: 500,
    maxInterval: 5000,
    // The endpoint of this machine has no quota.
    callsPerSecond: 100,
    ...telemetry,
  });
  if (poll) await poller.start();
  const executionArn = (orderId: string): string =>
    `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${orderId}`;
  return {
    async play(scenario) {
      await runOnStepFunctions(scenario, { sfn, stateMachineArn, approvals });
    },
    async leaveWaiting(order) {
      await startOrder(sfn, order, { stateMachineArn });
    },
    answer: (orderId) => answer(sfn, approvals, orderId, { approved: true, reviewerId: "load" }),
    async cancel(orderId) {
      await sfn.send(new StopExecutionCommand({ executionArn: executionArn(orderId) }));
    },
    async settle() {
      if (poll) await poller.poll();
    },
    async stop() {
      if (poll) await poller.poll();
      await poller.stop();
      await local.stop();
    },
  };
}
