import type { TraceSink } from "../core/ports.ts";
import { nodeSha256 } from "../correlation/node-sha256.ts";
import { projectSpans } from "../projection/spans.ts";
import { countedSpans } from "./counted-spans.ts";
import type { WorkflowMeter } from "./meter.ts";
import {
  type FlushOutcome,
  type SpanCounts,
  type SpanSink,
  type SpanSinkOptions,
  spanSink,
} from "./span-sink.ts";

/** How traces become spans that are handed over. */
export interface TraceSinkOptions extends SpanSinkOptions {
  /** Leave the attempts out, since the worker that ran them exports them. @default true, they are exported here */
  readonly attempts?: boolean;
  /** Takes the spans in place of a sink that is made from the other options. */
  readonly spans?: SpanSink;
  /** Counts what becomes of the spans. */
  readonly meter?: WorkflowMeter;
}

/** A {@link TraceSink} over an OpenTelemetry span processor. */
export interface SpanTraceSink extends TraceSink {
  /** Resolves when what was accepted is exported, or has failed to be. Never rejects. */
  flush(): Promise<void>;
  /** Flushes, and shuts down the processor if this package made it. Never rejects. */
  shutdown(): Promise<void>;
  counts(): SpanCounts;
}

/** Most spans between two flushes: below the queue of OpenTelemetry's batch processor (2,048), which drops what goes over it. */
const BATCH = 1024;

const EXPORT_FAILED = "The span processor could not export the spans of a trace.";

/**
 * Turns each accepted trace into its new spans and hands them to the application's span processor. `accept` resolves
 * when they are exported, so that a checkpoint may follow; traces that are accepted at the same time share one
 * flush. It rejects when the processor says that the export failed: the trace must then be given again. Where nothing
 * can receive spans, they are dropped, counted, and said so once; giving them again would not help.
 */
export function defaultTraceSink(options: TraceSinkOptions = {}): SpanTraceSink {
  const own = options.spans ?? spanSink(options);
  const sink = options.meter === undefined ? own : countedSpans(own, options.meter, "given again");
  const flush = sharedFlush(sink);
  return {
    async accept(trace, after) {
      const spans = projectSpans(trace, nodeSha256, { after, attempts: options.attempts ?? true });
      for (let from = 0; from < spans.length; from += BATCH) {
        sink.emit(spans.slice(from, from + BATCH));
        // One batch after the other: the processor's queue is bounded.
        // oxlint-disable-next-line no-await-in-loop
        if ((await flush()) === "failed") throw new Error(EXPORT_FAILED);
      }
    },
    async flush() {
      await flush();
    },
    shutdown: () => sink.shutdown(),
    counts: () => sink.counts(),
  };
}

/** One flush at a time; callers that come while one runs share the next. */
function sharedFlush(sink: SpanSink): () => Promise<FlushOutcome> {
  let running: Promise<FlushOutcome> | undefined;
  let next: Promise<FlushOutcome> | undefined;
  const start = (): Promise<FlushOutcome> => {
    running = sink.flush().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running.then(() => {
      next = undefined;
      return start();
    });
    return next;
  };
}
