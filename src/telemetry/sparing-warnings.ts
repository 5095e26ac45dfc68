import type { Clock } from "../core/ports.ts";
import type { WarningLogger } from "./warning-logger.ts";

/** Warns of a kind of thing; gives whether it was said. */
export type SparingWarnings = (kind: string, message: string) => boolean;

const PAUSE_MS = 3_600_000;

/** Says each kind of thing at most once an hour: what goes on for a night fills no log. A logger that throws costs its line. */
export function sparingWarnings(warn: WarningLogger, now: Clock): SparingWarnings {
  const said = new Map<string, number>();
  return (kind, message) => {
    const last = said.get(kind);
    // A clock that was set back by hours must not silence what comes after.
    if (last !== undefined && Math.abs(now() - last) < PAUSE_MS) return false;
    said.set(kind, now());
    try {
      warn(message);
    } catch {
      // A logger that throws is no reason to lose spans.
    }
    return true;
  };
}

/** Where warnings of exporters go unless someone takes them: `process.emitWarning`, code `DURASCOPE_EXPORT`. */
export function exportWarning(message: string): void {
  process.emitWarning(message, { code: "DURASCOPE_EXPORT" });
}
