import type { ReportRow } from "./run-report.ts";

const FAULTS: ReadonlySet<string> = new Set(["failed", "timed_out", "terminated", "aborted"]);

/** Whether a row ended badly: not what was cancelled, abandoned or is open. */
export function isFault(row: ReportRow): boolean {
  return FAULTS.has(row.outcome);
}
