/**
 * The saga from outside: start an order, answer as its reviewer.
 *
 * In production the first is called by the shop's API and the second by the reviewer's page.
 */
import type { Client, WorkflowHandleWithStartDetails } from "@temporalio/client";
import type { Decision, Order } from "../shared/order.ts";
import { TASK_QUEUE } from "./task-queue.ts";
import { approve, type orderSaga } from "./workflow.ts";

/** Starts the saga of an order. Rejects when a run of the same order is still open. */
export async function startOrder(
  client: Client,
  order: Order,
  taskQueue: string = TASK_QUEUE,
): Promise<WorkflowHandleWithStartDetails<typeof orderSaga>> {
  return client.workflow.start<typeof orderSaga>("orderSaga", {
    workflowId: order.orderId,
    taskQueue,
    args: [order],
  });
}

/**
 * Sends a reviewer's answer to a waiting order.
 *
 * The history names the client's `identity` as the sender, so give each reviewer's client their own.
 */
export async function answer(client: Client, orderId: string, decision: Decision): Promise<void> {
  await client.workflow.getHandle(orderId).signal(approve, decision);
}
