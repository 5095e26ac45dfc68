import type { Failure, WaitKind, WaitOutcome } from "../../core/model.ts";
import type { OtherTrace } from "../../lookup/backend.ts";
import type { RunRelation } from "../../lookup/recorded-run.ts";
import type { BarState, ReportRow } from "../../report/run-report.ts";

/**
 * Name and version of the shape that `durascope lookup --json` prints. A field that changes its meaning or goes away makes a
 * new version; new fields do not.
 */
export const LOOKUP_SCHEMA = "durascope.lookup/1";

/** What `durascope lookup --json` prints: docs/lookup-json.md. */
export interface LookupDocument {
  readonly schema: typeof LOOKUP_SCHEMA;
  /** The id as it was given. */
  readonly id: string;
  /** Name of the backend that was asked. */
  readonly asked: string;
  /** What made it be that one: an option, a variable of the environment. */
  readonly chosenBy: string;
  /** Runs of the id first, then related ones; the newest first among each. */
  readonly runs: readonly LookupRun[];
  /** Traces without a run in which the id was met, or to which a link led. */
  readonly otherTraces: readonly OtherTrace[];
  /** What was odd on the way, a sentence each. */
  readonly notes: readonly string[];
}

/** A run. Times are ISO 8601, durations ms. */
export interface LookupRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly match: "own" | "related";
  readonly relation?: RunRelation;
  readonly engine: string;
  readonly namespace: string;
  readonly traceId: string;
  readonly started: string;
  /** Absent while it is open, as `durationMs` is. */
  readonly ended?: string;
  readonly durationMs?: number;
  /** `open` while it is. */
  readonly outcome: string;
  readonly failure?: Pick<Failure, "type" | "message">;
  readonly redrives: number;
  readonly why: string;
  /** Why the picture is not whole; empty when it is. */
  readonly partial: readonly string[];
  readonly steps: readonly LookupStep[];
  readonly logs: readonly LookupLog[];
  readonly links: readonly { readonly title: string; readonly url: string }[];
}

/** A line of the run's tree: a step, a wait, an attempt, a user's span. */
export interface LookupStep
  extends Pick<
    ReportRow,
    "kind" | "name" | "spanId" | "outcome" | "failure" | "attempts" | "compensates" | "service"
  > {
  readonly started: string;
  readonly ended?: string;
  readonly durationMs?: number;
  readonly wait?: {
    readonly kind: WaitKind;
    readonly outcome?: WaitOutcome;
    readonly resolvedBy?: string;
    readonly deadline?: string;
  };
  /** What it did with its time, in order. */
  readonly time: readonly {
    readonly state: BarState;
    readonly started: string;
    readonly durationMs: number;
  }[];
  readonly steps: readonly LookupStep[];
}

/** A log line. */
export interface LookupLog {
  readonly time: string;
  readonly level: string;
  readonly step?: string;
  readonly message: string;
}
