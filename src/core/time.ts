const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-6]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

let minute = "";
let minuteMs = 0;

/**
 * Milliseconds since the epoch of an RFC 3339 time, with its fraction down to microseconds; NaN when it is none.
 * Histories hold one such time an event, most of them in the same minute as the one before: the minute is parsed once.
 */
export function parseTime(text: string): number {
  // Date.parse takes far more for a time than RFC 3339 does.
  if (text.length > 40 || !RFC3339.test(text)) return Number.NaN;
  if (!text.endsWith("Z")) return Date.parse(text);
  const head = text.slice(0, 16);
  if (head !== minute) {
    const parsed = Date.parse(`${head}Z`);
    if (Number.isNaN(parsed)) return Number.NaN;
    minute = head;
    minuteMs = parsed;
  }
  return minuteMs + Math.round(Number(text.slice(17, -1)) * 1e6) / 1e3;
}

/** A time of the model as ISO 8601 with milliseconds; the text `invalid time` when it is none. */
export function formatTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15
    ? new Date(ms).toISOString()
    : "invalid time";
}
