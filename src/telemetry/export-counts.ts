/** What became of the spans that an exporter was given, in numbers since the start. */
export interface ExportCounts {
  /** Taken by the backend. */
  readonly exported: number;
  /** Not taken by a backend that answered: single ones (`partialSuccess.rejectedSpans`), or all of a batch. */
  readonly rejected: number;
  /** Given up because too many waited, in memory or in the spool. */
  readonly dropped: number;
  /** Not delivered when they should have been, and not kept: whoever gave them was told, and may give them again. */
  readonly failed: number;
  /** Of those that were exported, how many waited in the spool for so long that they came late. */
  readonly late: number;
  /** Waiting in the spool now. */
  readonly spooled: number;
}

/** Counts that are still counted. */
export type RunningCounts = { -readonly [Name in keyof ExportCounts]: ExportCounts[Name] };

/** Nothing so far. */
export function noExportCounts(): RunningCounts {
  return { exported: 0, rejected: 0, dropped: 0, failed: 0, late: 0, spooled: 0 };
}
