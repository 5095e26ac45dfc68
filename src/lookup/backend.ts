import type { RecordedLog, RecordedRun, RecordedSpan, RunRelation } from "./recorded-run.ts";

/** What is asked of a backend. */
export interface LookupQuery {
  /** Business key, workflow id, run id, execution name, execution ARN or trace id (hex, left-padded to 32 digits). */
  readonly id: string;
  /** Earliest start of a run that matters, ms since the epoch. Left out: as far back as the backend lets one ask. */
  readonly since?: number;
}

/** Traces in which an id stands. */
export interface TraceSearch {
  /** 32 lower-case hex digits each, no repeats; the newest first where the backend says. */
  readonly traceIds: readonly string[];
  /** What was odd on the way, a sentence each: results that were cut, a window that the backend would not open further. */
  readonly notes: readonly string[];
}

/** Everything a backend holds of some traces. */
export interface RecordedTraces {
  /** May hold a span more than once: backends do not de-duplicate. */
  readonly spans: readonly RecordedSpan[];
  readonly logs: readonly RecordedLog[];
  readonly notes: readonly string[];
}

/** A page that shows more, for a person to open. */
export interface BackendLink {
  /** What it leads to: `Jaeger: trace`, `Datadog: logs`. */
  readonly title: string;
  readonly url: string;
}

/** A trace and its time, for links that need a window. */
export interface TraceWindow {
  readonly traceId: string;
  /** ms since the epoch; absent where nobody knows it, and then there are no pages that show a time. */
  readonly start?: number;
  /** ms since the epoch; absent as `start` is. */
  readonly end?: number;
  /** `service.name` of its spans. */
  readonly services: readonly string[];
}

/**
 * Where spans and log lines are kept: a file, a tracing backend.
 *
 * Both questions reject with a `DurascopeError` when the backend cannot be asked (`LOOKUP_UNREACHABLE`, `LOOKUP_REFUSED`
 * and the like); finding nothing is no error. They end when the signal is aborted.
 */
export interface LookupBackend {
  /** What is asked, for people: `file .durascope/demo.otlp.jsonl`, `Jaeger at http://127.0.0.1:16686`. Holds no credentials. */
  readonly name: string;
  /** The traces that an id stands in, by the attributes of spans (and of log lines where the backend keeps any). */
  search(query: LookupQuery, signal: AbortSignal): Promise<TraceSearch>;
  /** All spans and log lines of the traces. Unknown trace ids are left out silently. */
  fetch(
    traceIds: readonly string[],
    query: LookupQuery,
    signal: AbortSignal,
  ): Promise<RecordedTraces>;
  /** What to paste into the backend's own search page to ask the same. */
  queryToPaste(query: LookupQuery): string;
  /** The backend's own pages of a trace. */
  links(trace: TraceWindow): readonly BackendLink[];
}

/** A trace that holds no run, but in which the id was met or to which a link led: the caller's, for one. */
export interface OtherTrace {
  readonly traceId: string;
  /** Name of the span that carries the id, or that the link points at. */
  readonly span: string;
  /** `service.name` of the process that sent it. */
  readonly service?: string;
  /** Which link led to it; absent when the id stands in it. */
  readonly relation?: RunRelation;
}

/** What was found of an id. */
export interface LookupResult {
  /** Runs that the id is of first, then related ones; the newest first among each. */
  readonly runs: readonly RecordedRun[];
  readonly otherTraces: readonly OtherTrace[];
  /** What was odd on the way, a sentence each: corrupt lines, results that were cut. */
  readonly notes: readonly string[];
}
