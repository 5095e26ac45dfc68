import type { RunLink } from "../core/model.ts";
import type { OtlpAttributes, OtlpLog, OtlpSpan } from "../telemetry/otlp/otlp-model.ts";

/** A span as a backend gives it back. */
export interface RecordedSpan extends OtlpSpan {
  /** Attributes of the process that sent it. */
  readonly resource: OtlpAttributes;
}

/** A log line as a backend gives it back. */
export interface RecordedLog extends OtlpLog {
  /** Attributes of the process that sent it. */
  readonly resource: OtlpAttributes;
}

/**
 * What a run or a trace is to the one that led to it: the relations of {@link RunLink}; `first_run` and `later_run` of a
 * chain; the topmost run (`root`) and whatever runs below it (`descendant`); `started` by a span; `linked` in some other way.
 */
export type RelationKind =
  | RunLink["relation"]
  | "first_run"
  | "later_run"
  | "root"
  | "descendant"
  | "started"
  | "linked";

/** What a run or a trace is to another run: `{ kind: "child", to: "order-1001" }` is a child of order-1001. */
export interface RunRelation {
  readonly kind: RelationKind;
  /** Workflow id, run id or trace id of the one that led to it. */
  readonly to: string;
}

/** Everything that was found of one run: its own spans, the user's spans in them, its log lines. */
export interface RecordedRun {
  /** 32 hex digits. */
  readonly traceId: string;
  /** `workflow.run_id` of its spans: run id or execution ARN. */
  readonly runId: string;
  /** One a span id, in the order of their starts. */
  readonly spans: readonly RecordedSpan[];
  /** In the order of time. */
  readonly logs: readonly RecordedLog[];
  /** `own`: the id that was asked for is this run's; `related`: it is its parent's, its root's, or inside it. */
  readonly match: "own" | "related";
  /** What it is to another run of the same story; absent when it was found by the id itself and nothing else. */
  readonly relation?: RunRelation;
}
