import type { Failure, RunOutcome, StepOutcome } from "../core/model.ts";
import type { SpanRecord } from "./span-record.ts";

/** Outcomes that make a span's status ERROR; the others (cancelled, abandoned, continued) leave it UNSET. */
const FAULTS: ReadonlySet<RunOutcome | StepOutcome> = new Set([
  "failed",
  "timed_out",
  "terminated",
  "aborted",
]);

/** A span's status by outcome: ERROR with the failure's message, or its type; failures marked as benign are none. */
export function spanStatus(
  outcome: RunOutcome | StepOutcome | undefined,
  failure: Failure | undefined,
): SpanRecord["status"] {
  if (outcome === undefined || !FAULTS.has(outcome) || failure?.benign === true)
    return { code: "UNSET" };
  const message = failure?.message ?? failure?.innermost ?? failure?.type;
  return message === undefined ? { code: "ERROR" } : { code: "ERROR", message };
}
