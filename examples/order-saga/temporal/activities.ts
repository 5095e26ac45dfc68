/**
 * The saga's steps as Temporal activities.
 *
 * The glue is the same for every step: the attempt's number comes from the activity's context, and an
 * error's `name` becomes the failure's type (by default the SDK would take the name of its class).
 * Which types are not tried again is said in the workflow's retry policy.
 */
import { activityInfo } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { Order } from "../shared/order.ts";
import {
  allocateShipping,
  chargeCard,
  notifyReviewer,
  refund,
  reserveInventory,
  type Step,
  type StepContext,
} from "../shared/steps.ts";

/** What the activities of one worker share. */
export type ActivityDependencies = Omit<StepContext, "attempt">;

/** A step as the workflow calls it. */
export type OrderActivity<Result> = (order: Order) => Promise<Result>;

/** The activities of {@link createActivities}, by the names that stand in the history. */
export interface OrderActivities {
  readonly reserveInventory: OrderActivity<{ reservationId: string }>;
  readonly notifyReviewer: OrderActivity<{ noticeId: string }>;
  readonly chargeCard: OrderActivity<{ chargeId: string }>;
  readonly allocateShipping: OrderActivity<{ shipmentId: string }>;
  readonly refund: OrderActivity<{ undone: string[] }>;
}

/** The activities to register on a worker. */
export function createActivities(dependencies: ActivityDependencies): OrderActivities {
  const activity =
    <Result>(step: Step<Result>): OrderActivity<Result> =>
    async (order) => {
      try {
        return await step(order, { ...dependencies, attempt: activityInfo().attempt });
      } catch (error) {
        throw error instanceof Error
          ? ApplicationFailure.fromError(error, { type: error.name })
          : error;
      }
    };
  return {
    reserveInventory: activity(reserveInventory),
    notifyReviewer: activity(notifyReviewer),
    chargeCard: activity(chargeCard),
    allocateShipping: activity(allocateShipping),
    refund: activity(refund),
  };
}
