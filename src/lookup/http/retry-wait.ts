/** Above this a number of seconds is no wait but a time since the epoch. */
const EPOCH_SECONDS = 1e9;

/**
 * How long a backend asks to wait before the next request, in ms: `Retry-After` (seconds or a date,
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after), else `X-RateLimit-Reset` (Datadog: seconds until the reset,
 * https://docs.datadoghq.com/api/latest/rate-limits/; others: seconds since the epoch). Undefined when it does not say or
 * says nonsense.
 */
export function waitOf(headers: Headers, now: number): number | undefined {
  const after = headers.get("retry-after");
  const wait = after === null ? undefined : (secondsOf(after, now) ?? dateOf(after, now));
  if (wait !== undefined) return wait;
  const reset = headers.get("x-ratelimit-reset");
  return reset === null ? undefined : secondsOf(reset, now);
}

function secondsOf(text: string, now: number): number | undefined {
  if (!/^\s*\d{1,12}(?:\.\d{1,9})?\s*$/.test(text)) return undefined;
  const seconds = Number(text);
  return Math.max(0, seconds > EPOCH_SECONDS ? seconds * 1000 - now : seconds * 1000);
}

function dateOf(text: string, now: number): number | undefined {
  // Node takes "-1" for a date, too; HTTP's end in GMT.
  const at = /GMT\s*$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
