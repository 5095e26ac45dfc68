import type { TraceSink } from "../core/ports.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import type { SpanRecord } from "../projection/span-record.ts";
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

/**
 * Most spans, of all traces that are accepted at the same time, whose flush has not ended: below the queue of OpenTelemetry's
 * batch processor (2,048), which drops without a word what goes over it.
 */
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
  const out = boundedHandOver(sink);
  return {
    async accept(trace, after) {
      const spans = projectSpans(trace, nodeSha256, { after, attempts: options.attempts ?? true });
      for (let from = 0; from < spans.length; from += BATCH) {
        // oxlint-disable-next-line no-await-in-loop -- one batch after the other: the processor's queue is bounded
        const outcome = await out.handOver(spans.slice(from, from + BATCH));
        if (outcome === "failed") throw new Error(EXPORT_FAILED);
      }
    },
    async flush() {
      await out.flush();
    },
    shutdown: () => sink.shutdown(),
    counts: () => sink.counts(),
  };
}

/**
 * Hands spans over, at most {@link BATCH} of them, when there is room for them, and flushes: one flush at a time, callers that
 * come while one runs share the next.
 */
function boundedHandOver(sink: SpanSink): {
  handOver(spans: readonly SpanRecord[]): Promise<FlushOutcome>;
  flush(): Promise<FlushOutcome>;
} {
  let running: Promise<FlushOutcome> | undefined;
  let next: Promise<FlushOutcome> | undefined;
  /** Spans that the running flush waits for, and those that came after it began. */
  let flushing = 0;
  let unflushed = 0;

  function start(): Promise<FlushOutcome> {
    flushing = unflushed;
    unflushed = 0;
    running = sink.flush().finally(() => {
      running = undefined;
      flushing = 0;
    });
    return running;
  }

  function flush(): Promise<FlushOutcome> {
    if (running === undefined) return start();
    next ??= running.then(() => {
      next = undefined;
      return start();
    });
    return next;
  }

  return {
    async handOver(spans) {
      while (flushing + unflushed + spans.length > BATCH) {
        // oxlint-disable-next-line no-await-in-loop -- others may be faster when there is room
        await flush();
      }
      unflushed += spans.length;
      sink.emit(spans);
      return flush();
    },
    flush,
  };
}
