import { usageFailure } from "./failure.ts";

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * The time that `--since` names, in ms since the epoch: so long before now (`90m`, `12h`, `7d`, `2w`), or a day or a time
 * in ISO 8601: a day is UTC's, a time without a zone this machine's. Fails with a usage failure when it is neither, or lies in the future.
 */
export function parseSince(text: string, now: number): number {
  const ago = /^(\d{1,6})([smhdw])$/.exec(text.trim());
  const time =
    ago === null ? isoTime(text.trim()) : now - Number(ago[1]) * (UNITS[ago[2] ?? ""] ?? NaN);
  if (Number.isNaN(time))
    throw usageFailure(
      "--since is neither a length of time (90m, 12h, 7d, 2w) nor a time such as 2026-11-27 or 2026-11-27T08:00:00Z.",
    );
  if (time > now) throw usageFailure("--since lies in the future: nothing began after it.");
  return Math.max(0, time);
}

function isoTime(text: string): number {
  const [, day] =
    /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  return day !== undefined && isDay(day) ? Date.parse(text) : Number.NaN;
}

/** Whether the calendar has the day: V8 makes 3 March of 31 February. */
function isDay(day: string): boolean {
  const time = Date.parse(day);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
