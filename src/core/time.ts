let minute = "";
let minuteMs = 0;

/**
 * Milliseconds since the epoch of an RFC 3339 time, with its fraction down to microseconds; NaN when it is none.
 * Histories hold one such time an event, most of them in the same minute as the one before: the minute is parsed once.
 */
export function parseTime(text: string): number {
  if (text.length > 40) return Number.NaN;
  if (text.charCodeAt(text.length - 1) !== 90 || text.charCodeAt(16) !== 58)
    return Date.parse(text);
  const head = text.slice(0, 16);
  if (head !== minute) {
    const parsed = Date.parse(`${head}Z`);
    if (Number.isNaN(parsed)) return Number.NaN;
    minute = head;
    minuteMs = parsed;
  }
  const seconds = text.length < 20 ? Number.NaN : Number(text.slice(17, -1));
  return seconds >= 0 && seconds < 61 ? minuteMs + Math.round(seconds * 1e6) / 1e3 : Number.NaN;
}

/** A time of the model as ISO 8601 with milliseconds; the text `invalid time` when it is none. */
export function formatTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15
    ? new Date(ms).toISOString()
    : "invalid time";
}
