import type { Clock } from "../../core/ports.ts";
import type { StepFunctionsApi } from "../step-functions-api.ts";

/** Name of a call that the budget pays for. */
export type ApiCall = keyof StepFunctionsApi;

/**
 * What a call costs, in calls of GetExecutionHistory: as much more as its quota is smaller, so that a budget below
 * that of GetExecutionHistory (20 a second) keeps below all of them
 * (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html; 15 and 4 or 5 a second, the burst covers the rest).
 */
export const CALL_COSTS: Readonly<Record<ApiCall, number>> = {
  getExecutionHistory: 1,
  describeExecution: 1.5,
  listExecutions: 5,
};

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** What a {@link CallBudget} is made of. */
export interface CallBudgetOptions {
  /** Cost units a second; a second's worth may come at once. */
  readonly perSecond: number;
  readonly clock: Clock;
  /** Resolves after so many milliseconds, rejects when the signal fires. */
  readonly pauseFor: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One budget that all calls of a poller share, in the order in which they ask. */
export interface CallBudget {
  /** Resolves when the call may be made; rejects when the signal fires before. */
  take(call: ApiCall, signal: AbortSignal): Promise<void>;
  /** AWS answered "too many": nobody calls for a while, twice as long each time in a row, at most a minute. */
  throttled(): void;
  /** A call went through. */
  succeeded(): void;
}

/** Makes a budget that is full. */
export function callBudget({ perSecond, clock, pauseFor }: CallBudgetOptions): CallBudget {
  const unit = 1000 / perSecond;
  const burst = 1000;
  // The moment at which all that was taken so far is paid for.
  let paid = 0;
  let pause = 0;
  let closedUntil = 0;
  return {
    async take(call, signal) {
      signal.throwIfAborted();
      const now = clock();
      paid = Math.max(paid, now - burst) + CALL_COSTS[call] * unit;
      const turn = paid;
      for (
        let wait = Math.max(turn, closedUntil) - now;
        wait > 0;
        wait = Math.max(turn, closedUntil) - clock()
      ) {
        // Each round waits for what came up during the one before, in whole milliseconds as timers do.
        // oxlint-disable-next-line no-await-in-loop
        await pauseFor(Math.ceil(wait), signal);
      }
    },
    throttled() {
      const now = clock();
      // Calls that were under way together are throttled together: that is one answer.
      if (now < closedUntil) return;
      pause = pause === 0 ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
      closedUntil = now + pause;
    },
    succeeded() {
      if (clock() >= closedUntil) pause = 0;
    },
  };
}

/** Resolves after so many milliseconds, rejects at once when the signal fires. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stopped = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stopped);
      resolve();
    }, ms);
    signal.addEventListener("abort", stopped, { once: true });
  });
}
