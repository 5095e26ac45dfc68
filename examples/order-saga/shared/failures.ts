/**
 * The saga's errors, and how a scenario asks for one.
 *
 * Both engines tell errors apart by a type, and here that is the error's `name`: AWS Lambda reports it
 * by itself (`errorType`), and the activities hand it to Temporal. So an error with the right `name`
 * is all that a step has to throw.
 */
import type { FailureName, Order, StepName } from "./order.ts";

/** Errors that go away when the step is tried again. Every other error is final. */
export const TRANSIENT_FAILURES: readonly FailureName[] = ["GatewayTimeout"];

/** Errors of the business: trying again would give the same answer. */
export const FINAL_FAILURES: readonly FailureName[] = [
  "CardDeclined",
  "Undeliverable",
  "RefundFailed",
];

/** How a step with a transient error is tried again, on both engines: after 1 s, 2 s and 4 s. */
export const RETRY = { firstDelaySeconds: 1, backoffRate: 2, retries: 3 } as const;

const MESSAGES: Readonly<Record<FailureName, string>> = {
  GatewayTimeout: "the payment gateway did not answer in time",
  CardDeclined: "the bank declined the card",
  Undeliverable: "no carrier delivers to this address",
  RefundFailed: "the payment gateway refused the refund",
};

/** The error of that name, ready to be thrown by a step. */
export function failure(name: FailureName): Error {
  const error = new Error(MESSAGES[name]);
  error.name = name;
  return error;
}

/**
 * Throws the failure that the order asks this step for, if it asks for one.
 *
 * It depends on the attempt's number alone, never on a counter in memory: an attempt may run in
 * another process than the one before it.
 *
 * @param attempt The attempt's number, counted from 1.
 */
export function failWhenInjected(step: StepName, order: Order, attempt: number): void {
  const injection = order.inject?.[step];
  if (injection === undefined) return;
  if (attempt <= (injection.attempts ?? Number.POSITIVE_INFINITY)) throw failure(injection.error);
}
