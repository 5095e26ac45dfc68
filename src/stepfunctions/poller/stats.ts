import type { Warning } from "../../core/result.ts";
import type { ApiCall } from "./call-budget.ts";

/** What a poller did and met since it was made, in numbers. */
export interface PollerStats {
  /** Open executions that are followed now. */
  readonly following: number;
  /** Executions that closed and are exported and checkpointed in whole. */
  readonly closed: number;
  /** History events that were read. */
  readonly events: number;
  /** Calls that were made, failed ones among them. */
  readonly apiCalls: Readonly<Record<ApiCall, number>>;
  /** Calls that AWS refused since there were too many. */
  readonly throttled: number;
  /** Calls that failed otherwise. */
  readonly apiErrors: number;
  /** Hand-overs that the sink rejected; each is tried again. */
  readonly sinkRejections: number;
  /** Calls of the checkpoint store that failed; each is tried again. */
  readonly checkpointErrors: number;
  /** Executions that do not exist any more, and were dropped. */
  readonly gone: number;
  /** How often an execution was put off because `maxExecutions` are followed. */
  readonly putOff: number;
  /** Errors that should not be: the execution is read again, the first time from its beginning. */
  readonly faults: number;
  /** What was odd in the histories. */
  readonly warnings: readonly Warning[];
}

/** The numbers as they are counted. */
export type MutableStats = {
  -readonly [Name in Exclude<keyof PollerStats, "following" | "warnings" | "apiCalls">]: number;
} & { readonly apiCalls: Record<ApiCall, number> };

/** Numbers at the start. */
export function noStats(): MutableStats {
  return {
    closed: 0,
    events: 0,
    apiCalls: { getExecutionHistory: 0, listExecutions: 0, describeExecution: 0 },
    throttled: 0,
    apiErrors: 0,
    sinkRejections: 0,
    checkpointErrors: 0,
    gone: 0,
    putOff: 0,
    faults: 0,
  };
}
