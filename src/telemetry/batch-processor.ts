import type { ReadableSpan, SpanProcessor } from "../host/readable-span.ts";
import { within } from "../host/within.ts";
import { type BatchOptions, batchSettings } from "./batch-settings.ts";
import { type ExportCounts, noExportCounts } from "./export-counts.ts";
import type { SpanExporter } from "./span-exporter.ts";
import { exportWarning, sparingWarnings } from "./sparing-warnings.ts";

/** A span processor that says what became of the spans. */
export interface CountingProcessor extends Required<SpanProcessor> {
  /** OpenTelemetry's SDK calls it; nothing is known of a span that has only begun. */
  onStart(): void;
  counts(): ExportCounts;
}

const SAMPLED = 1;
/** Longest time that a shutdown gives to what waits, in seconds. */
const LONGEST_SHUTDOWN = 15;

/**
 * A batch processor that differs from OpenTelemetry's in what a poller needs: batches go one after the other, in their
 * order; `forceFlush` rejects when any span since the flush before was dropped or failed to be exported, also one that the
 * timer or the flush before had sent; what is dropped is counted. Spans that are not sampled are left out. `shutdown` gives up
 * after 15 s, and what the exporter has not been given by then is dropped: a backend that hangs must not keep a process from
 * ending.
 */
export function batchProcessor(
  exporter: SpanExporter & { counts?(): ExportCounts },
  options: BatchOptions = {},
): CountingProcessor {
  const say = options.onWarning ?? exportWarning;
  const { delay, queueSize, batchSize } = batchSettings(options, say);
  const warn = sparingWarnings(say, Date.now);
  let queue: ReadableSpan[] = [];
  let dropped = 0;
  /** Spans that were taken, that went out, and up to the last of which an export failed: by their order. */
  let taken = 0;
  let sent = 0;
  let failedThrough = 0;
  /**
   * Of spans up to here, and of so many dropped ones, some flush has told. A flush also sends what comes while it runs: the
   * next one tells of that.
   */
  const told = { through: 0, dropped: 0 };
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  async function exportBatch(spans: readonly ReadableSpan[]): Promise<void> {
    const isExported = await new Promise<boolean>((resolve) => {
      try {
        exporter.export(spans, ({ code }) => resolve(code === 0));
      } catch {
        resolve(false);
      }
    });
    sent += spans.length;
    if (!isExported) failedThrough = sent;
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
    const since = { ...told };
    const now = { through: taken, dropped };
    await send();
    await exporter.forceFlush();
    told.through = Math.max(told.through, now.through);
    told.dropped = Math.max(told.dropped, now.dropped);
    if (failedThrough > since.through || dropped > since.dropped)
      throw new Error("spans could not be exported");
  }

  async function stop(): Promise<void> {
    await within(LONGEST_SHUTDOWN * 1000, send());
    if (queue.length > 0) {
      warn(
        "shutdown",
        `durascope: ${queue.length} spans were not exported within ${LONGEST_SHUTDOWN} s of the shutdown, and are lost. The backend hangs, or takes them more slowly than they come.`,
      );
      dropped += queue.length;
      queue = [];
    }
    await exporter.shutdown();
  }

  return {
    onStart: () => undefined,
    onEnd(span) {
      if (stopped !== undefined || (span.spanContext().traceFlags & SAMPLED) === 0) return;
      if (queue.length >= queueSize) {
        dropped += 1;
        warn(
          "queue",
          `durascope: ${queueSize} spans wait to be exported, so what comes on top is dropped. The backend takes them more slowly than they come; a larger maxQueueSize bridges bursts.`,
        );
        return;
      }
      queue.push(span);
      taken += 1;
      if (queue.length >= batchSize) void send();
      else timer ??= setTimeout(() => void send(), delay).unref();
    },
    forceFlush: () => stopped ?? flush(),
    shutdown() {
      stopped ??= stop();
      return stopped;
    },
    counts() {
      const counts = exporter.counts?.() ?? noExportCounts();
      return { ...counts, dropped: counts.dropped + dropped };
    },
  };
}
