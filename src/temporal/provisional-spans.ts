import type { SpanRecord } from "../projection/span-record.ts";

/** Spans of one activation, and what it takes back. */
export interface Telling {
  readonly runId: string;
  /** Length of the history that the activation stood on. */
  readonly historyLength: number;
  readonly spans: readonly SpanRecord[];
  /** Ids of spans that were told of before and never happened. */
  readonly discarded: readonly string[];
}

/** Holds back what workflow tasks said until it is sure enough. */
export interface ProvisionalSpans {
  tell(telling: Telling): void;
  /** Lets go of everything, e.g. when the worker stops. */
  flush(): void;
  /** Runs that have something held back. */
  readonly size: number;
}

interface Held {
  historyLength: number;
  readonly spans: Map<string, SpanRecord>;
  timer: NodeJS.Timeout;
}

/** Most runs held at a time; the oldest is let go of early, which costs exactness and never a span. */
const MOST_RUNS = 10_000;

/**
 * Makes the buffer of provisional spans: they are emitted when a later workflow task of the same run follows, or after
 * `settle` ms of silence, whichever comes first. What is told again before that replaces what was told: a task that
 * fails is retried, and a query may make the worker run ahead of the task.
 */
export function provisionalSpans(
  emit: (spans: readonly SpanRecord[]) => void,
  settle: number,
): ProvisionalSpans {
  const held = new Map<string, Held>();

  function letGo(runId: string): void {
    const run = held.get(runId);
    if (run === undefined) return;
    held.delete(runId);
    clearTimeout(run.timer);
    if (run.spans.size > 0) emit([...run.spans.values()]);
  }

  function later(runId: string): NodeJS.Timeout {
    // Held spans must not keep a process alive that has nothing else to do: it flushes when the worker stops.
    return setTimeout(() => letGo(runId), settle).unref();
  }

  return {
    tell({ runId, historyLength, spans, discarded }) {
      const run = held.get(runId);
      if (run === undefined) {
        const [oldest] = held.size >= MOST_RUNS ? held.keys() : [];
        if (oldest !== undefined) letGo(oldest);
        held.set(runId, {
          historyLength,
          spans: new Map(spans.map((span) => [span.spanId, span])),
          timer: later(runId),
        });
        return;
      }
      for (const id of discarded) run.spans.delete(id);
      for (const span of spans) run.spans.delete(span.spanId);
      if (historyLength > run.historyLength) {
        // A run that goes on was not closed: the task that said so has failed.
        const sure = [...run.spans.values()].filter((span) => span.role !== "run");
        run.spans.clear();
        if (sure.length > 0) emit(sure);
      }
      for (const span of spans) run.spans.set(span.spanId, span);
      run.historyLength = Math.max(run.historyLength, historyLength);
      clearTimeout(run.timer);
      run.timer = later(runId);
    },
    flush() {
      for (const runId of held.keys()) letGo(runId);
    },
    get size() {
      return held.size;
    },
  };
}
