/**
 * Answers as the reviewer of an order that waits on Step Functions.
 *
 * As a command, with the task token on standard input, so that it stays out of the shell's history:
 * `node approve.ts yes|no <reviewer id> < token`
 */
import { text } from "node:stream/consumers";
import { SendTaskSuccessCommand, SFNClient } from "@aws-sdk/client-sfn";
import { runCommand } from "../shared/command.ts";
import type { Decision } from "../shared/order.ts";
import type { Approvals } from "./approvals.ts";

/** Ends the wait behind a task token with a reviewer's answer. Rejects when nobody waits any more. */
async function answerToken(sfn: SFNClient, taskToken: string, decision: Decision): Promise<void> {
  await sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(decision) }));
}

/** Looks the order's token up and answers it. Rejects when no reviewer was asked about the order. */
export async function answer(
  sfn: SFNClient,
  approvals: Approvals,
  orderId: string,
  decision: Decision,
): Promise<void> {
  const taskToken = await approvals.find(orderId);
  if (taskToken === undefined) throw new Error(`no reviewer was asked about ${orderId}`);
  await answerToken(sfn, taskToken, decision);
}

if (import.meta.main) {
  const [word, reviewerId] = process.argv.slice(2);
  if ((word !== "yes" && word !== "no") || reviewerId === undefined) {
    process.stderr.write("usage: node approve.ts yes|no <reviewer id> < token\n");
    process.exitCode = 2;
  } else {
    await runCommand(async () => {
      const taskToken = (await text(process.stdin)).trim();
      await answerToken(new SFNClient(), taskToken, { approved: word === "yes", reviewerId });
    });
  }
}
