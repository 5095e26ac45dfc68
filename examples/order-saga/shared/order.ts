/**
 * What is ordered, who decides, and what comes out.
 *
 * Plain data without an engine: the Temporal workflow, the Lambda handlers and the tests all use
 * these types. This file runs inside the workflow isolate too, so it must stay deterministic.
 */

/** A step of the saga: the name of the Temporal activity, the state and the Lambda function. */
export type StepName =
  | "reserveInventory"
  | "notifyReviewer"
  | "chargeCard"
  | "allocateShipping"
  | "refund";

/** The `name` of an error that a step throws; both engines report it as the failure's type. */
export type FailureName = "GatewayTimeout" | "CardDeclined" | "Undeliverable" | "RefundFailed";

/** A failure that an order asks a step for, so that every scenario can be played on purpose. */
export interface Injection {
  readonly error: FailureName;
  /** Only the first so many attempts fail. Absent: every attempt does. */
  readonly attempts?: number;
}

/** An order, the only input of the saga. */
export interface Order {
  /** Also the workflow id and the execution name, so one id finds the order on either engine. */
  readonly orderId: string;
  /** The price in cents. */
  readonly cents: number;
  readonly items?: readonly string[];
  /** Failures to play, by step. */
  readonly inject?: Readonly<Partial<Record<StepName, Injection>>>;
}

/** A reviewer's answer: the payload of the Temporal signal and of the task token's answer. */
export interface Decision {
  readonly approved: boolean;
  readonly reviewerId: string;
}

/** What a completed saga returns. A rejected order is a business result, not a failure. */
export interface OrderResult {
  readonly status: "fulfilled" | "rejected";
}

/** Orders over this price wait for a reviewer, in cents. */
export const APPROVAL_THRESHOLD_CENTS = 50_000;

/** How long a reviewer has before the order counts as rejected, in hours. */
export const APPROVAL_TIMEOUT_HOURS = 72;

/** Whether a reviewer has to approve this order before the card is charged. */
export function needsApproval(order: Order): boolean {
  return order.cents > APPROVAL_THRESHOLD_CENTS;
}
