/**
 * The five steps of the saga, as plain functions.
 *
 * Nothing here knows which engine runs it: a Temporal activity and a Lambda handler both call
 * `step(order, context)`. A step does its work through the ledger, logs one line, and returns plain
 * data; when it cannot, it throws an error whose `name` says why.
 */
import { trace } from "@opentelemetry/api";
import type { Logger } from "pino";
import { failWhenInjected } from "./failures.ts";
import { effectKey, type Ledger, undoKey } from "./ledger.ts";
import { sagaOptions } from "./options.ts";
import type { Order, StepName } from "./order.ts";

/** What a step gets from the engine that runs it. */
export interface StepContext {
  /** The number of this attempt, counted from 1. */
  readonly attempt: number;
  readonly ledger: Ledger;
  readonly log: Logger;
}

/** A step: at-least-once in, exactly one effect out. */
export type Step<Result> = (order: Order, context: StepContext) => Promise<Result>;

/** Sets the ordered items aside. Undone by {@link refund}. */
export async function reserveInventory(
  order: Order,
  context: StepContext,
): Promise<{ reservationId: string }> {
  const reservationId = await perform("reserveInventory", order, context);
  context.log.info({ orderId: order.orderId, reservationId }, "inventory reserved");
  return { reservationId };
}

/** Tells a reviewer that this order needs an answer. The waiting itself is the engine's part. */
export async function notifyReviewer(
  order: Order,
  context: StepContext,
): Promise<{ noticeId: string }> {
  const noticeId = await perform("notifyReviewer", order, context);
  context.log.info({ orderId: order.orderId, noticeId }, "reviewer notified");
  return { noticeId };
}

/** Charges the customer's card. Undone by {@link refund}. */
export async function chargeCard(
  order: Order,
  context: StepContext,
): Promise<{ chargeId: string }> {
  const chargeId = await perform("chargeCard", order, context);
  context.log.info({ orderId: order.orderId, chargeId, cents: order.cents }, "card charged");
  return { chargeId };
}

/** Books a carrier. The last step: once it is done nothing has to be undone any more. */
export async function allocateShipping(
  order: Order,
  context: StepContext,
): Promise<{ shipmentId: string }> {
  const shipmentId = await perform("allocateShipping", order, context);
  context.log.info({ orderId: order.orderId, shipmentId }, "shipping allocated");
  return { shipmentId };
}

/**
 * Undoes what was done: gives the money back and releases the reservation.
 *
 * It asks the ledger what really happened instead of trusting the route that led here, so one
 * compensation serves every failure. The last effect is undone first.
 */
export async function refund(order: Order, context: StepContext): Promise<{ undone: StepName[] }> {
  attempt("refund", order, context);
  const undone: StepName[] = [];
  for (const step of sagaOptions.compensates.refund.toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- stock is freed only once the money is on its way
    if (await undo(step, order, context)) undone.push(step);
  }
  context.log.info({ orderId: order.orderId, undone }, "order refunded");
  return { undone };
}

/** Whether there was anything to undo. */
async function undo(step: StepName, order: Order, context: StepContext): Promise<boolean> {
  const effect = await context.ledger.find(effectKey(step, order));
  if (effect === undefined) return false;
  await context.ledger.once(undoKey(step, order), async () => `undone-${effect}`);
  return true;
}

/**
 * Does a step's work, which here is to think of an id; yours calls a service with the same key.
 *
 * The span is the application's own: it becomes a child of the attempt that it was made in.
 */
async function perform(step: StepName, order: Order, context: StepContext): Promise<string> {
  attempt(step, order, context);
  return trace.getTracer("order-saga").startActiveSpan("ledger.once", async (span) => {
    try {
      return await context.ledger.once(
        effectKey(step, order),
        async () => `${step}-${order.orderId}`,
      );
    } finally {
      span.end();
    }
  });
}

function attempt(step: StepName, order: Order, context: StepContext): void {
  context.log.debug({ orderId: order.orderId, step, attempt: context.attempt }, "step attempted");
  try {
    failWhenInjected(step, order, context.attempt);
  } catch (error) {
    context.log.warn({ orderId: order.orderId, step, error: nameOf(error) }, "step failed");
    throw error;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
