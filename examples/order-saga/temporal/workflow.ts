/**
 * The order saga as a Temporal workflow.
 *
 * The code below is replayed from history again and again, so it only decides; all work is done by
 * activities. Read it from top to bottom: reserve, perhaps wait for a reviewer, charge, ship; and
 * whatever goes wrong after the reservation, refund.
 */
import {
  CancellationScope,
  condition,
  defineSignal,
  proxyActivities,
  type SignalDefinition,
  setHandler,
} from "@temporalio/workflow";
import { FINAL_FAILURES, RETRY } from "../shared/failures.ts";
import { sagaOptions } from "../shared/options.ts";
import {
  APPROVAL_TIMEOUT_HOURS,
  type Decision,
  needsApproval,
  type Order,
  type OrderResult,
} from "../shared/order.ts";
import type { OrderActivities } from "./activities.ts";

const { reserveInventory, notifyReviewer, chargeCard, allocateShipping, refund } =
  proxyActivities<OrderActivities>({
    startToCloseTimeout: "1 minute",
    retry: {
      initialInterval: `${RETRY.firstDelaySeconds} s`,
      backoffCoefficient: RETRY.backoffRate,
      maximumAttempts: 1 + RETRY.retries,
      nonRetryableErrorTypes: [...FINAL_FAILURES],
    },
  });

/** A reviewer's answer, sent from outside. The first one counts. */
export const approve: SignalDefinition<[Decision], "approve"> = defineSignal("approve");

/**
 * Takes one order from reservation to shipping.
 *
 * Completes as `rejected` when the reviewer says no or says nothing. Fails with the error of the
 * step that could not be done, after the refund; with the refund's own error when that fails too.
 */
export async function orderSaga(order: Order): Promise<OrderResult> {
  await reserveInventory(order);
  try {
    if (!needsApproval(order) || (await isApproved(order))) {
      await chargeCard(order);
      await allocateShipping(order);
      return { status: "fulfilled" };
    }
  } catch (error) {
    await compensate(order);
    throw error;
  }
  await compensate(order);
  return { status: "rejected" };
}

/** Asks a reviewer and waits, for three days if need be. No process has to stay up meanwhile. */
async function isApproved(order: Order): Promise<boolean> {
  let decision: Decision | undefined;
  setHandler(approve, (answer) => {
    decision ??= answer;
  });
  await notifyReviewer(order);
  // The summary stands in the history beside the timer: it is what names this wait in a trace.
  await condition(() => decision !== undefined, `${APPROVAL_TIMEOUT_HOURS} hours`, {
    summary: sagaOptions.waits.notifyReviewer,
  });
  return decision?.approved ?? false;
}

/** Refunds also when the run itself is being cancelled: a compensation must not be skipped. */
async function compensate(order: Order): Promise<void> {
  await CancellationScope.nonCancellable(() => refund(order));
}
