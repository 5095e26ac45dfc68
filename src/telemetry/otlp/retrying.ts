import type { Delivery } from "./delivery.ts";
import type { OtlpBatch } from "./otlp-batch.ts";
import type { SendOnce } from "./otlp-client.ts";

/** Time as it passes for whoever waits; tests have one of their own. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds. */
  pause(ms: number): Promise<void>;
  /** Runs something once, `ms` milliseconds later, which keeps no process alive; gives a function that calls it off. */
  later(ms: number, run: () => void): () => void;
  /** From 0 to 1: spreads the retries of many processes. */
  random(): number;
}

/** The process's own time. */
export const PROCESS_TIMING: Timing = {
  now: Date.now,
  pause: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  later(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** How long to wait between two tries: doubled each time from `first` to `most` milliseconds, a fifth more or less. */
export function backOff(tries: number, first: number, most: number, random: number): number {
  return Math.round(Math.min(most, first * 2 ** Math.min(tries, 30)) * (0.8 + 0.4 * random));
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5000;

/**
 * Sends a batch, and again while the backend takes nothing, until `timeoutMillis` are over: the specification's time for
 * a whole export. A wait that the backend asks for is kept, and not made shorter than our own would be; one that goes over
 * the time ends the export at once.
 */
export async function sendWithRetries(
  sendOnce: SendOnce,
  batch: OtlpBatch,
  timeoutMillis: number,
  timing: Timing,
): Promise<Delivery> {
  let left = timeoutMillis;
  for (let tries = 0; ; tries += 1) {
    const began = timing.now();
    // oxlint-disable-next-line no-await-in-loop -- one try after the other
    const delivery = await sendOnce(batch, left);
    if (delivery.outcome !== "unavailable") return delivery;
    // A clock that is set back meanwhile must not give more time.
    left -= Math.max(0, timing.now() - began);
    const pause = Math.max(
      delivery.retryAfter ?? 0,
      backOff(tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, timing.random()),
    );
    if (pause >= left) return delivery;
    // oxlint-disable-next-line no-await-in-loop -- each try comes of what the one before was answered
    await timing.pause(pause);
    left -= pause;
  }
}
