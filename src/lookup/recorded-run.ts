import type { OtlpAttributes, OtlpLog, OtlpSpan } from "../telemetry/otlp-model.ts";

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
}
