const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time for people: `12 ms`, `1.5 s`, `2 min 5 s`, `71 h 58 min`, `5 d 3 h`. Takes milliseconds; what is below zero reads `0 ms`. */
export function formatDuration(ms: number): string {
  if (!(ms > 0)) return "0 ms";
  if (ms < 0.95) return `${Math.max(0.1, Math.round(ms * 10) / 10)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9.95 * SECOND) return `${trimmed((ms / SECOND).toFixed(ms < 1.995 * SECOND ? 2 : 1))} s`;
  if (ms < 59.5 * SECOND) return `${Math.round(ms / SECOND)} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 100 * 60) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(ms / HOUR);
  return pair(Math.floor((hours * HOUR) / DAY), "d", hours % 24, "h");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trimmed(decimal: string): string {
  return decimal.replace(/\.?0+$/, "");
}
