import { errorName } from "../step-functions-api.ts";
import { OutsideFailure } from "./calls.ts";
import type { PollerSettings } from "./options.ts";
import { untilNextTry } from "./schedule.ts";
import type { MutableStats } from "./stats.ts";

/** Keeps account of what failed how often in a row. */
export interface Setbacks {
  /**
   * Counts one more failure of what goes by `key`, says so, and gives the milliseconds until it is tried again.
   * `what` names it to people.
   */
  met(key: string, what: string, error: unknown): number;
  /** It went well: the next failure is a first one again. */
  over(key: string): void;
  /** How often it failed since it went well the last time. */
  times(key: string): number;
}

/** Makes an account without failures. */
export function setbacks(
  settings: PollerSettings,
  stats: MutableStats,
  warn: (kind: string, message: string) => void,
): Setbacks {
  const inARow = new Map<string, number>();
  return {
    met(key, what, error) {
      if (error instanceof OutsideFailure) {
        const { call, part, cause, throttled } = error;
        // It waits for the budget, which has its own back-off, and has not failed by itself.
        if (throttled) return settings.minInterval;
        const name = errorName(cause);
        warn(`${part} ${name}`, `${call} of ${what} failed with ${name}; it is tried again`);
      } else {
        stats.faults += 1;
        warn("fault", `${what} met ${errorName(error)}, which should not be; it is tried again`);
      }
      const failures = (inARow.get(key) ?? 0) + 1;
      inARow.set(key, failures);
      return untilNextTry(failures, settings);
    },
    over(key) {
      inARow.delete(key);
    },
    times: (key) => inARow.get(key) ?? 0,
  };
}
