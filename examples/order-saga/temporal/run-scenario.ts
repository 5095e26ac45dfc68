/**
 * Plays one scenario on a real Temporal server, from the start of the run to its end.
 *
 * The reviewer is a second client with an identity of its own, since an approval comes from outside.
 * For the order that nobody answers the development server skips the 72 hours; everything else
 * about that run is as in production.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  Client,
  type ClientOptions,
  type Connection,
  defaultPayloadConverter,
  WorkflowFailedError,
  type WorkflowHandle,
} from "@temporalio/client";
import type { Decision, Order } from "../shared/order.ts";
import type { Scenario } from "../shared/scenarios.ts";
import { answer, startOrder } from "./client.ts";
import { TASK_QUEUE } from "./task-queue.ts";

/** Where and how a scenario is played. */
export interface TemporalScenarioOptions {
  readonly connection: Connection;
  /** @default "default" */
  readonly namespace?: string;
  /** The queue of a running worker of this saga. @default "order-saga" */
  readonly taskQueue?: string;
  /** Plugins of the clients; tracing is one. */
  readonly plugins?: NonNullable<ClientOptions["plugins"]>;
  /** How long the reviewer thinks, in ms, counted from the begin of the wait. @default 1500 */
  readonly reviewPauseMs?: number;
}

/** Names one run on Temporal. */
export interface TemporalRun {
  readonly workflowId: string;
  readonly runId: string;
}

const POLL_MS = 100;

/** How long 72 skipped hours may take, in ms. */
const SKIP_MS = 20_000;

/** Resolves once the run is closed, also when it failed: a failure is an outcome like another. */
export async function runOnTemporal(
  scenario: Scenario,
  options: TemporalScenarioOptions,
): Promise<TemporalRun> {
  const client = clientOf(options);
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  const workflowId = scenario.order.orderId;
  const runId =
    scenario.review === "never answers"
      ? await startWithSkippedTime(client, scenario.order, taskQueue)
      : (await startOrder(client, scenario.order, taskQueue)).firstExecutionRunId;
  const handle = client.workflow.getHandle(workflowId, runId);
  if (typeof scenario.review === "object") {
    await review(handle, scenario.review, options);
  }
  const end = closed(handle);
  await (scenario.review === "never answers" ? orTimeSkipIsOff(handle, end) : end);
  return { workflowId, runId };
}

function clientOf(options: TemporalScenarioOptions, identity?: string): Client {
  return new Client({
    connection: options.connection,
    namespace: options.namespace ?? "default",
    plugins: options.plugins ?? [],
    ...(identity === undefined ? {} : { identity }),
  });
}

/** Answers as the reviewer, in a client of their own, once the run waits and after a pause. */
async function review(
  handle: WorkflowHandle,
  decision: Decision,
  options: TemporalScenarioOptions,
): Promise<void> {
  if (!(await waitBegins(handle))) return;
  await sleep(options.reviewPauseMs ?? 1500);
  await answer(clientOf(options, decision.reviewerId), handle.workflowId, decision);
}

/**
 * Resolves when the run's timer has started; `false` when the run closed without one.
 *
 * An answer that comes before the wait would leave no wait in the history.
 */
async function waitBegins(handle: WorkflowHandle): Promise<boolean> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each look decides whether there is another
    const [{ status }, { events }] = await Promise.all([handle.describe(), handle.fetchHistory()]);
    if (events?.some((event) => event.timerStartedEventAttributes != null)) return true;
    if (status.name !== "RUNNING") return false;
    // oxlint-disable-next-line no-await-in-loop -- the pause between two looks
    await sleep(POLL_MS);
  }
}

async function closed(handle: WorkflowHandle): Promise<void> {
  try {
    await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
  }
}

/** A server that skips no time would let the run wait for its 72 hours: that is said, and the run is ended. */
async function orTimeSkipIsOff(handle: WorkflowHandle, end: Promise<void>): Promise<void> {
  const late = sleep(SKIP_MS, "late", { ref: false });
  if ((await Promise.race([end, late])) !== "late") return;
  await handle.terminate("the server skips no time");
  throw new Error(
    "the Temporal server skips no time: start it with --dynamic-config-value frontend.WorkflowTimeSkippingEnabled=true",
  );
}

/**
 * Starts a run whose clock jumps over every timer as soon as nothing else is going on.
 *
 * Only the development server does this, when it runs with `frontend.WorkflowTimeSkippingEnabled`;
 * the SDK's client has no option for it, so this is the API call itself.
 */
async function startWithSkippedTime(
  client: Client,
  order: Order,
  taskQueue: string,
): Promise<string> {
  const { runId } = await client.connection.workflowService.startWorkflowExecution({
    namespace: client.options.namespace,
    workflowId: order.orderId,
    requestId: crypto.randomUUID(),
    workflowType: { name: "orderSaga" },
    taskQueue: { name: taskQueue },
    identity: client.options.identity,
    input: { payloads: [defaultPayloadConverter.toPayload(order)] },
    timeSkippingConfig: { enabled: true },
  });
  return runId;
}
