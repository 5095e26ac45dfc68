/**
 * Plays one scenario on a real Step Functions endpoint, from the start of the execution to its end.
 *
 * The reviewer answers from outside, with the token that the `notifyReviewer` function kept. The
 * order that nobody answers runs the same state machine with a timeout of 2 s as its input.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import type { Decision } from "../shared/order.ts";
import type { Scenario } from "../shared/scenarios.ts";
import type { Approvals } from "./approvals.ts";
import { answer } from "./approve.ts";
import { startOrder } from "./start.ts";

/** Where and how a scenario is played. */
export interface StepFunctionsScenarioOptions {
  readonly sfn: SFNClient;
  readonly stateMachineArn: string;
  /** The approvals that the `notifyReviewer` function writes to. */
  readonly approvals: Approvals;
  /** How long the reviewer thinks, in ms, counted from the begin of the wait. @default 1500 */
  readonly reviewPauseMs?: number;
}

/** Names one execution on Step Functions. */
export interface StepFunctionsRun {
  readonly executionArn: string;
}

/** How long a silent reviewer has in a scenario, in seconds. */
const SHORT_TIMEOUT_SECONDS = 2;
const POLL_MS = 100;

/** Resolves once the execution is closed, also when it failed: a failure is an outcome. */
export async function runOnStepFunctions(
  scenario: Scenario,
  options: StepFunctionsScenarioOptions,
): Promise<StepFunctionsRun> {
  const { sfn, stateMachineArn } = options;
  const run = await startOrder(sfn, scenario.order, {
    stateMachineArn,
    ...(scenario.review === "never answers"
      ? { approvalTimeoutSeconds: SHORT_TIMEOUT_SECONDS }
      : {}),
  });
  if (typeof scenario.review === "object") {
    await review(run.executionArn, scenario.order.orderId, scenario.review, options);
  }
  await until(() => isClosed(sfn, run.executionArn));
  return run;
}

/** Answers as the reviewer, once the execution waits and after a pause. */
async function review(
  executionArn: string,
  orderId: string,
  decision: Decision,
  { sfn, approvals, reviewPauseMs = 1500 }: StepFunctionsScenarioOptions,
): Promise<void> {
  let closed = false;
  await until(async () => {
    closed = await isClosed(sfn, executionArn);
    return closed || isWaiting(sfn, executionArn);
  });
  if (closed) return;
  await sleep(reviewPauseMs);
  await answer(sfn, approvals, orderId, decision);
}

/** The task is submitted once its function returned: from then on the execution waits. */
async function isWaiting(sfn: SFNClient, executionArn: string): Promise<boolean> {
  const { events } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
  );
  return events?.[0]?.type === "TaskSubmitted";
}

async function isClosed(sfn: SFNClient, executionArn: string): Promise<boolean> {
  const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return status !== "RUNNING";
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- each look decides whether there is another
  while (!(await condition())) await sleep(POLL_MS);
}
