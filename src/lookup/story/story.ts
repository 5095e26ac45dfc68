import type { LookupBackend, LookupQuery } from "../backend.ts";
import type { RecordedLog, RecordedSpan } from "../recorded-run.ts";
import type { TraceEdge } from "./follow-links.ts";

/** What a lookup has read so far. */
export interface Story {
  readonly backend: LookupBackend;
  readonly query: LookupQuery;
  readonly signal: AbortSignal;
  /** Most traces that are read. */
  readonly most: number;
  spans: RecordedSpan[];
  logs: RecordedLog[];
  readonly notes: Set<string>;
  /** Traces that were asked for, found or not. */
  readonly asked: Set<string>;
  /** Traces that a link led to, by the first link that did. */
  readonly reached: Map<string, TraceEdge>;
  /** Ids that were searched for. */
  readonly searched: Set<string>;
  /** Traces that were not read, since there are too many. */
  readonly left: Set<string>;
}

/** A story of which nothing is read yet. */
export function newStory(
  backend: LookupBackend,
  query: LookupQuery,
  signal: AbortSignal,
  most: number,
): Story {
  return {
    backend,
    query,
    signal,
    most,
    spans: [],
    logs: [],
    notes: new Set(),
    asked: new Set(),
    reached: new Map(),
    searched: new Set([query.id]),
    left: new Set(),
  };
}

/**
 * Reads the traces that were not read yet, up to the bound. Rejects with the backend's failure, or the signal's reason. What
 * has no time that a date can hold is left out with a note.
 */
export async function readTraces(
  story: Story,
  traceIds: readonly string[],
  query: LookupQuery,
): Promise<void> {
  const fresh = [...new Set(traceIds)].filter((traceId) => !story.asked.has(traceId));
  const taken = fresh.slice(0, Math.max(0, story.most - story.asked.size));
  for (const traceId of fresh.slice(taken.length)) story.left.add(traceId);
  if (taken.length === 0) return;
  for (const traceId of taken) story.asked.add(traceId);
  const found = await story.backend.fetch(taken, query, story.signal);
  story.signal.throwIfAborted();
  for (const span of found.spans) {
    if (isTime(span.startTime) && isTime(span.endTime)) story.spans.push(span);
    else story.notes.add(`A span of trace ${span.traceId} has no readable time and is left out.`);
  }
  for (const log of found.logs) if (isTime(log.time)) story.logs.push(log);
  for (const note of found.notes) story.notes.add(note);
}

/** Forgets all traces but those for which a predicate holds. */
export function keepTraces(story: Story, isKept: (traceId: string) => boolean): void {
  story.spans = story.spans.filter(({ traceId }) => isKept(traceId));
  story.logs = story.logs.filter(({ traceId = "" }) => isKept(traceId));
}

/** What a date can hold: https://tc39.es/ecma262/#sec-time-values-and-time-range. */
function isTime(ms: number): boolean {
  return Math.abs(ms) <= 8.64e15;
}
