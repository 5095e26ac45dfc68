import type { Clock } from "../../core/ports.ts";

/** Knows since when what should have been read was not. */
export interface Overdue {
  /** Something is to be read successfully within so many milliseconds from now, which it gives back. */
  within(key: string, ms: number): number;
  /** It need not be read any more. */
  over(key: string): void;
  /**
   * By how many milliseconds the most overdue one is late; 0 when none is. Whatever keeps it from being read counts:
   * an API that fails or throttles, a budget that is used up.
   */
  lag(): number;
}

/** Makes an account of nothing. */
export function overdue(clock: Clock): Overdue {
  const due = new Map<string, number>();
  return {
    within(key, ms) {
      due.set(key, clock() + ms);
      return ms;
    },
    over(key) {
      due.delete(key);
    },
    lag() {
      const now = clock();
      let lag = 0;
      for (const at of due.values()) lag = Math.max(lag, now - at);
      return lag;
    },
  };
}
