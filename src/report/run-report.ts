import type { Failure, WaitKind, WaitOutcome } from "../core/model.ts";
import type { RunRelation } from "../lookup/recorded-run.ts";

/**
 * What a stretch of a bar shows: work, work that failed, a wait for something outside, a queue or a back-off, or that its
 * work is told by the rows inside (`around`).
 */
export type BarState = "worked" | "failed" | "waited" | "idle" | "around";

/** A stretch of a bar; times in milliseconds since the epoch. */
export interface BarPart {
  readonly start: number;
  readonly end: number;
  readonly state: BarState;
}

/** One line of a run's tree. Times are milliseconds since the epoch. */
export interface ReportRow {
  /** `message` is a signal, an update or a query; `span` a user's own span, or one of another instrumentation. */
  readonly kind: "task" | "wait" | "child" | "group" | "message" | "attempt" | "span";
  readonly name: string;
  /** 16 hex digits; absent on a step that is open and has no span yet. */
  readonly spanId?: string;
  readonly start: number;
  /** Absent while it is open. */
  readonly end?: number;
  /** How it ended, `open` while it has not; of a user's span `completed` or `failed`. */
  readonly outcome: string;
  readonly failure?: Pick<Failure, "type" | "message">;
  /** How often it was tried; 0 where that is no question. */
  readonly attempts: number;
  readonly parts: readonly BarPart[];
  /** Names of the steps that it undoes. */
  readonly compensates?: readonly string[];
  readonly wait?: {
    readonly kind: WaitKind;
    readonly outcome?: WaitOutcome;
    readonly resolvedBy?: string;
    /** Milliseconds since the epoch. */
    readonly deadline?: number;
  };
  /** `service.name` of the process that sent a user's span. */
  readonly service?: string;
  readonly children: readonly ReportRow[];
}

/** One log line of a run. */
export interface ReportLog {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: string;
  /** Name of the step that it was written in. */
  readonly step?: string;
  readonly message: string;
}

/** A run as its recorded spans and log lines tell it, ready to be shown. */
export interface RunReport {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  /** `own`: it is the run of the id that was asked for; `related`: something led from that one to it. */
  readonly match: "own" | "related";
  /** What it is to the run that led to it. */
  readonly relation?: RunRelation;
  /** Value of `workflow.engine`. */
  readonly engine: string;
  readonly namespace: string;
  /** 32 hex digits. */
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  /**
   * Whether its own span or the marker of its start is there. Without either nobody can tell whether a run that is `open` goes
   * on: what told its end may have been lost with what told its start.
   */
  readonly hasStart: boolean;
  /** Absent while the run is open. */
  readonly ended?: number;
  /** `open` while it has not ended. */
  readonly outcome: string;
  readonly failure?: Pick<Failure, "type" | "message">;
  /** How often it was redriven. */
  readonly redrives: number;
  /** Why the picture is not whole, a sentence each; empty when it is. */
  readonly partial: readonly string[];
  readonly rows: readonly ReportRow[];
  readonly logs: readonly ReportLog[];
}
