/** Longest delay of a timer of Node.js, in milliseconds: a longer one fires at once (https://nodejs.org/api/timers.html). */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;
