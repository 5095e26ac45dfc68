import type { ReadableSpan, SpanProcessor } from "../correlation/readable-span.ts";
import { type ExportCounts, noExportCounts } from "./export-counts.ts";
import type { SpanExporter } from "./span-exporter.ts";
import type { WarningLogger } from "./span-processor.ts";
import { exportWarning, sparingWarnings } from "./sparing-warnings.ts";

/** How spans are gathered. */
export interface BatchOptions {
  /** Longest time that a span waits for others, in milliseconds. @default 1000, so that a step is seen while its run goes on */
  readonly scheduledDelayMillis?: number;
  /** Most spans that wait; what comes on top is dropped and counted. @default 8192, since a closed run may give thousands at once */
  readonly maxQueueSize?: number;
  /** Most spans of one export. @default 512 */
  readonly maxExportBatchSize?: number;
  /** Told at most once an hour that spans are dropped. @default process.emitWarning */
  readonly onWarning?: WarningLogger;
}

/** A span processor that says what became of the spans. */
export interface CountingProcessor extends Required<SpanProcessor> {
  /** OpenTelemetry's SDK calls it; nothing is known of a span that has only begun. */
  onStart(): void;
  counts(): ExportCounts;
}

const SAMPLED = 1;

/**
 * A batch processor that differs from OpenTelemetry's in what a poller needs: batches go one after the other, in their
 * order; `forceFlush` rejects when any span since the flush before failed to be exported, also one that the timer had
 * sent; what is dropped is counted. Spans that are not sampled are left out.
 */
export function batchProcessor(
  exporter: SpanExporter & { counts?(): ExportCounts },
  options: BatchOptions = {},
): CountingProcessor {
  const { scheduledDelayMillis = 1000, maxQueueSize = 8192, maxExportBatchSize = 512 } = options;
  const warn = sparingWarnings(options.onWarning ?? exportWarning, Date.now);
  const batchSize = Math.min(maxExportBatchSize, maxQueueSize);
  let queue: ReadableSpan[] = [];
  let dropped = 0;
  let failures = 0;
  /** Failures that some flush has told of. */
  let toldOf = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  function exportBatch(spans: readonly ReadableSpan[]): Promise<void> {
    return new Promise((resolve) => {
      try {
        exporter.export(spans, ({ code }) => {
          if (code !== 0) failures += 1;
          resolve();
        });
      } catch {
        failures += 1;
        resolve();
      }
    });
  }

  async function sendAll(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    while (queue.length > 0) {
      const spans = queue.slice(0, batchSize);
      queue = queue.slice(batchSize);
      // oxlint-disable-next-line no-await-in-loop -- in their order
      await exportBatch(spans);
    }
  }

  function send(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  async function flush(): Promise<void> {
    const since = toldOf;
    await send();
    await exporter.forceFlush();
    toldOf = failures;
    if (failures > since) throw new Error("spans could not be exported");
  }

  return {
    onStart: () => undefined,
    onEnd(span) {
      if (stopped !== undefined || (span.spanContext().traceFlags & SAMPLED) === 0) return;
      if (queue.length >= maxQueueSize) {
        dropped += 1;
        warn(
          "queue",
          `durascope: ${maxQueueSize} spans wait to be exported, so what comes on top is dropped. The backend takes them more slowly than they come; a larger maxQueueSize bridges bursts.`,
        );
        return;
      }
      queue.push(span);
      if (queue.length >= batchSize) void send();
      else timer ??= setTimeout(() => void send(), scheduledDelayMillis).unref();
    },
    forceFlush: () => stopped ?? flush(),
    shutdown() {
      stopped ??= send().then(() => exporter.shutdown());
      return stopped;
    },
    counts() {
      const counts = exporter.counts?.() ?? noExportCounts();
      return { ...counts, dropped: counts.dropped + dropped };
    },
  };
}
