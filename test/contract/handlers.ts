import { setTimeout as sleep } from "node:timers/promises";
import type { LambdaHandler } from "../../src/engines/index.ts";

class TransientError extends Error {
  override readonly name = "TransientError";
}

class CardDeclined extends Error {
  override readonly name = "CardDeclined";
}

const calls = new Map<string, number>();
const tokens = new Map<string, string>();

/** Functions for the scenarios; each knows its execution by the payload's field `execution`. */
export const handlers: Readonly<Record<string, LambdaHandler>> = {
  echo: (event) => event,
  decline: () => {
    throw new CardDeclined("the card was declined");
  },
  failTwice: (event) => {
    const execution = fieldOf(event, "execution");
    const call = (calls.get(execution) ?? 0) + 1;
    calls.set(execution, call);
    if (call <= 2) throw new TransientError(`call ${call}`);
    return { call, event };
  },
  sleep: async () => {
    await sleep(3_000);
    return null;
  },
  park: (event) => {
    tokens.set(fieldOf(event, "execution"), fieldOf(event, "token"));
    return null;
  },
};

/** Waits until the function `park` was called in an execution; resolves with the task token that it got. */
export async function parkedToken(executionArn: string): Promise<string> {
  for (;;) {
    const token = tokens.get(executionArn);
    if (token !== undefined) return token;
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    await sleep(10);
  }
}

function fieldOf(event: unknown, name: string): string {
  if (typeof event !== "object" || event === null) return "";
  return String(Object.entries(event).find(([key]) => key === name)?.[1] ?? "");
}
