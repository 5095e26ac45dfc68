import type { Clock } from "../core/ports.ts";
import { isDisabled } from "../host/disabled.ts";
import { type SpanProcessor, toReadableSpan } from "../host/readable-span.ts";
import { environmentAttributes, resourceOf, type SpanResource } from "../host/resource.ts";
import { within } from "../host/within.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import type { ExportCounts } from "./export-counts.ts";
import { DEFAULT_LATE_AFTER_MS } from "./late-spans.ts";
import { longestSpan, shortened } from "./long-span.ts";
import {
  type FoundProcessor,
  type SpanProcessorOptions,
  spanProcessorFinder,
} from "./span-processor.ts";

/** How spans are handed over. */
export interface SpanSinkOptions extends SpanProcessorOptions {
  /** `service.name` where neither an SDK nor the environment gives one. */
  readonly serviceName?: string;
  /**
   * How long, in ms, a flush waits for the processor before it counts as failed: a collector that hangs must not keep a
   * worker from stopping.
   * @default 10000
   */
  readonly flushTimeout?: number;
  /** A span that is handed over more than this long after its end is late, in ms. @default 3600000, one hour */
  readonly lateAfter?: number;
  /**
   * A span longer than this, in ms, is sent as 0 ms at its end, with its begin as `durascope.span_start`: for backends that
   * refuse long spans. `lookup` shows it whole.
   * @default `DURASCOPE_LONGEST_SPAN_MS`, else all spans are sent as they are
   */
  readonly longestSpan?: number;
  /** @default Date.now */
  readonly now?: Clock;
}

/** What became of the spans, in numbers since the start. */
export interface SpanCounts {
  /** Taken by the processor. */
  readonly handed: number;
  /** Taken by the backend, where the exporter is one of ours and knows it; else all that were handed over. */
  readonly exported: number;
  /** Of those, how many ended so long before that some backends refuse or hide them; waiting in a spool counts, too. */
  readonly late: number;
  /**
   * Lost: nothing could receive them, the processor threw, they came faster than the exporter loaded or sent, or the backend
   * refused them.
   */
  readonly dropped: number;
  /** Not delivered by an exporter of ours, which told so: lost, unless they are given again. */
  readonly failed: number;
  /** Flushes and shutdowns that failed; how many spans one cost, if any, is not known. */
  readonly failures: number;
}

/** How a flush ended: exported, surely not exported, or nothing can receive spans. */
export type FlushOutcome = "exported" | "failed" | "no_receiver";

/** Takes finished spans. Nothing that it does is thrown into the caller. */
export interface SpanSink {
  /** Hands spans to the processor, at once when it is there. Never throws. */
  emit(spans: readonly SpanRecord[]): void;
  /** Resolves when what was emitted is exported, or has failed to be. Never rejects. */
  flush(): Promise<FlushOutcome>;
  /** Flushes, and shuts down the processor if this package made it. Never rejects. */
  shutdown(): Promise<void>;
  /** What became of the spans so far. */
  counts(): SpanCounts;
}

const DEFAULT_FLUSH_TIMEOUT_MS = 10_000;

/** Most spans that are kept while the exporter of our own loads. */
const LONGEST_QUEUE = 4096;

/**
 * A sink over the application's span processor (see `spanProcessorFinder` for which one that is). A processor that
 * throws costs its spans and is counted. With `DURASCOPE_DISABLED=true` it takes nothing and loads nothing.
 *
 * @throws DurascopeError `LONGEST_SPAN` for a length that is no number above 0
 */
export function spanSink(options: SpanSinkOptions = {}): SpanSink {
  const environment = options.environment ?? process.env;
  if (isDisabled(environment)) return disabledSink();
  const longest = longestSpan(options.longestSpan, environment);
  const finder = spanProcessorFinder(options);
  const queue: SpanRecord[] = [];
  const counts = { handed: 0, late: 0, dropped: 0, failures: 0 };
  const now = options.now ?? Date.now;
  let taker: SpanProcessor | undefined;
  let ownResource: SpanResource | undefined;

  function resourceFor(found: FoundProcessor): SpanResource {
    if (found.resource !== undefined) return found.resource;
    ownResource ??= resourceOf(environmentAttributes(environment, options.serviceName));
    return ownResource;
  }

  function hand(found: FoundProcessor, spans: readonly SpanRecord[]): void {
    const resource = resourceFor(found);
    const lateBefore = now() - (options.lateAfter ?? DEFAULT_LATE_AFTER_MS);
    taker = found.processor;
    for (const span of spans) {
      try {
        found.processor.onEnd(toReadableSpan(shortened(span, longest), resource));
        counts.handed += 1;
        if (span.endTime < lateBefore) counts.late += 1;
      } catch {
        counts.dropped += 1;
      }
    }
  }

  function drain(found: FoundProcessor | undefined): void {
    const waiting = queue.splice(0);
    if (found === undefined) counts.dropped += waiting.length;
    else hand(found, waiting);
  }

  function emit(spans: readonly SpanRecord[]): void {
    if (spans.length === 0) return;
    const found = finder.find();
    if (found === undefined) {
      counts.dropped += spans.length;
    } else if (found instanceof Promise) {
      const kept = spans.slice(0, LONGEST_QUEUE - queue.length);
      counts.dropped += spans.length - kept.length;
      if (queue.length === 0) void found.then(drain);
      queue.push(...kept);
    } else {
      drain(found);
      hand(found, spans);
    }
  }

  async function flush(): Promise<FlushOutcome> {
    const found = await finder.find();
    drain(found);
    if (found === undefined) return "no_receiver";
    try {
      const flushed = Promise.resolve(found.processor.forceFlush?.()).then(() => true);
      if (await within(options.flushTimeout ?? DEFAULT_FLUSH_TIMEOUT_MS, flushed))
        return "exported";
    } catch {
      // A processor that fails is counted like one that takes too long.
    }
    counts.failures += 1;
    return "failed";
  }

  async function shutdown(): Promise<void> {
    await flush();
    const found = await finder.find();
    if (found?.own !== true) return;
    try {
      await found.processor.shutdown?.();
    } catch {
      counts.failures += 1;
    }
  }

  return { emit, flush, shutdown, counts: () => withExporter(counts, countsOf(taker)) };
}

type OwnCounts = Omit<SpanCounts, "exported" | "failed">;

function withExporter(own: OwnCounts, exporter: ExportCounts | undefined): SpanCounts {
  if (exporter === undefined) return { ...own, exported: own.handed, failed: 0 };
  return {
    ...own,
    exported: exporter.exported,
    dropped: own.dropped + exporter.dropped + exporter.rejected,
    failed: exporter.failed,
    late: own.late + exporter.late,
  };
}

/** What a processor of ours counts itself, as far as it is one. */
function countsOf(processor: SpanProcessor | undefined): ExportCounts | undefined {
  return processor !== undefined && isCounting(processor) ? processor.counts() : undefined;
}

function isCounting(
  processor: SpanProcessor & { counts?: unknown },
): processor is SpanProcessor & { counts(): ExportCounts } {
  return typeof processor.counts === "function";
}

function disabledSink(): SpanSink {
  return {
    emit: () => undefined,
    flush: () => Promise.resolve("no_receiver"),
    shutdown: () => Promise.resolve(),
    counts: () => ({ handed: 0, exported: 0, late: 0, dropped: 0, failed: 0, failures: 0 }),
  };
}
