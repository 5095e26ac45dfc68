/**
 * Starts the saga of an order on Step Functions.
 *
 * As a command: `node start.ts <state machine ARN> '{"orderId":"order-1","cents":12900}'`
 */
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { runCommand } from "../shared/command.ts";
import { APPROVAL_TIMEOUT_HOURS, type Order } from "../shared/order.ts";

/** What a start needs beside the order. */
export interface StartOptions {
  readonly stateMachineArn: string;
  /** How long a reviewer has, in seconds. @default 72 hours */
  readonly approvalTimeoutSeconds?: number;
}

/** Starts one execution, named as the order. Rejects when that order has ended before. */
export async function startOrder(
  sfn: SFNClient,
  order: Order,
  { stateMachineArn, approvalTimeoutSeconds = APPROVAL_TIMEOUT_HOURS * 3600 }: StartOptions,
): Promise<{ executionArn: string }> {
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn,
      name: order.orderId,
      input: JSON.stringify({ order, approvalTimeoutSeconds }),
    }),
  );
  if (executionArn === undefined) throw new Error(`no execution ARN came back: ${order.orderId}`);
  return { executionArn };
}

if (import.meta.main) {
  const [stateMachineArn, order] = process.argv.slice(2);
  if (stateMachineArn === undefined || order === undefined) {
    process.stderr.write("usage: node start.ts <state machine ARN> <order as JSON>\n");
    process.exitCode = 2;
  } else {
    await runCommand(async () => {
      const parsed: Order = JSON.parse(order);
      const started = await startOrder(new SFNClient(), parsed, { stateMachineArn });
      process.stdout.write(`${started.executionArn}\n`);
    });
  }
}
