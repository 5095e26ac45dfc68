import type { Clock } from "../../core/ports.ts";

/**
 * A clock for pauses: it stands still while the one below it, in milliseconds since the epoch, is set back, and goes on
 * from there. By that one alone a machine whose time is put right by an hour would rest for that hour.
 */
export function steadyClock(clock: Clock): Clock {
  let before = -Infinity;
  let lost = 0;
  return () => {
    const now = clock();
    if (now < before) lost += before - now;
    before = now;
    return now + lost;
  };
}
