/** A time that is searched, in whole seconds since the epoch. */
export interface SearchWindow {
  readonly start: number;
  readonly end: number;
}

/** Windows that cover a time. */
export interface SearchWindows {
  /** The newest first; together they cover the time without a gap. */
  readonly windows: readonly SearchWindow[];
  /** Begin of what is covered, ms since the epoch, when it is later than what was asked for: too many windows. */
  readonly cutAt?: number;
}

/**
 * Cuts the time from `since` to `now` (ms since the epoch) into windows of at most `longest` seconds, for backends that
 * refuse longer ones. At most `most` windows, the newest.
 */
export function searchWindows(
  since: number,
  now: number,
  longest: number,
  most: number,
): SearchWindows {
  const first = Math.floor(since / 1000);
  const windows: SearchWindow[] = [];
  // The end is exclusive or inclusive depending on the version: one second more loses nothing.
  for (let end = Math.ceil(now / 1000) + 1; windows.length < most; ) {
    const start = Math.max(first, end - longest);
    windows.push({ start: Math.min(start, end - 1), end });
    if (start <= first) return { windows };
    end = start;
  }
  const oldest = windows.at(-1)?.start ?? first;
  return { windows, cutAt: oldest * 1000 };
}
