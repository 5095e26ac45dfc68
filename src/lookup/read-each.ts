import { isDurascopeError } from "../core/errors.ts";
import { boundedMap } from "./bounded-map.ts";
import type { RecordedSpan } from "./recorded-run.ts";

/** What is held of traces that were read one by one. */
export interface ReadTraces {
  readonly spans: RecordedSpan[];
  readonly notes: string[];
}

/** More spans than these are not held in memory. */
const MOST_SPANS = 200_000;

/**
 * Reads traces by id from a backend that gives one an answer, at most so many at once. Once 200,000 spans are
 * there, further traces are left out with a note. One whose answer cannot be read, since it is too large or breaks off, is a
 * note too, unless nothing else was found. Rejects with the first other failure.
 */
export async function readEach(
  traceIds: readonly string[],
  mostAtOnce: number,
  read: (traceId: string) => Promise<{
    readonly spans: readonly RecordedSpan[];
    readonly notes: readonly string[];
  }>,
  mostSpans: number = MOST_SPANS,
): Promise<ReadTraces> {
  const spans: RecordedSpan[] = [];
  const notes: string[] = [];
  let unreadable: Error | undefined;
  await boundedMap(traceIds, mostAtOnce, async (traceId) => {
    if (spans.length >= mostSpans) {
      notes.push(`The trace ${traceId} was left out: there are more than ${mostSpans} spans.`);
      return;
    }
    const found = await read(traceId).catch((error: unknown) => {
      if (!isDurascopeError(error) || error.code !== "LOOKUP_BAD_ANSWER") throw error;
      unreadable ??= error;
      return { spans: [], notes: [`The trace ${traceId} could not be read: ${error.message}`] };
    });
    for (const span of found.spans) spans.push(span);
    for (const note of found.notes) notes.push(note);
  });
  if (spans.length === 0 && unreadable !== undefined) throw unreadable;
  return { spans, notes };
}
