import type { Clock } from "../../core/ports.ts";

const ONCE_IN_MS = 60_000;

/** Says a kind of thing at most once a minute, and how often it was not said meanwhile. Never throws. */
export function limitedWarnings(
  warn: (message: string) => void,
  clock: Clock,
): (kind: string, message: string) => void {
  const said = new Map<string, { at: number; more: number }>();
  return (kind, message) => {
    const before = said.get(kind);
    if (before !== undefined && clock() - before.at < ONCE_IN_MS) {
      before.more += 1;
      return;
    }
    const more =
      before === undefined || before.more === 0
        ? ""
        : ` (and ${before.more} more of this kind since)`;
    said.set(kind, { at: clock(), more: 0 });
    try {
      warn(`durascope: ${message}${more}`);
    } catch {
      // A logger that fails has nobody to tell.
    }
  };
}
