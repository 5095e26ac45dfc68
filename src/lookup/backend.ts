import type { RecordedRun } from "./recorded-run.ts";

/** What is asked of a backend. */
export interface LookupQuery {
  /** Business key, workflow id, run id, execution name, execution ARN or trace id (hex, left-padded to 32 digits). */
  readonly id: string;
}

/** A trace in which the id was met, but which holds no run: the caller's, for one. */
export interface OtherTrace {
  readonly traceId: string;
  /** Name of the span that carries the id. */
  readonly span: string;
  /** `service.name` of the process that sent it. */
  readonly service?: string;
}

/** What a backend found. */
export interface LookupResult {
  /** Runs that the id is of first, then related ones; the newest first among each. */
  readonly runs: readonly RecordedRun[];
  readonly otherTraces: readonly OtherTrace[];
  /** What was odd on the way, a sentence each: corrupt lines, results that were cut. */
  readonly notes: readonly string[];
}

/** Where spans and log lines are kept: a file, a tracing backend. */
export interface LookupBackend {
  /** What is asked, for people: `file .durascope/demo.otlp.jsonl`. */
  readonly name: string;
  /** Finds the runs of an id. Rejects with a `DurascopeError` when the backend cannot be asked; finding nothing is no error. */
  find(query: LookupQuery): Promise<LookupResult>;
}
