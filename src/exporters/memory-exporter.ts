import type { ReadableSpan, SpanProcessor } from "../host/readable-span.ts";
import { type ExportedSpan, fromReadableSpan } from "../telemetry/otlp/exported-span.ts";
import type { SpanExporter } from "../telemetry/span-exporter.ts";

/** Keeps spans for a test to look at; an exporter and a span processor at the same time. */
export interface MemoryExporter extends SpanExporter, Required<SpanProcessor> {
  /** OpenTelemetry's SDK calls it; nothing is known of a span that has only begun. */
  onStart(): void;
  /** What came so far, in its order, as plain data with times in milliseconds since the epoch. */
  spans(): readonly ExportedSpan[];
  /** Forgets what came. */
  reset(): void;
}

/** More spans than these are not kept: the oldest go. */
const MOST_SPANS = 100_000;

/**
 * Keeps spans in memory, for tests of workflows and handlers:
 *
 * ```ts
 * const memory = memoryExporter();
 * const tracing = workflowTracing({ spanProcessor: memory });
 * // run a workflow, then
 * await tracing.flush();
 * expect(memory.spans().map((span) => span.name)).toContain("chargeCard");
 * ```
 *
 * It takes spans by itself (`spanProcessor: memory`) or behind a processor of the SDK
 * (`new SimpleSpanProcessor({ exporter: memory })`). Also after its shutdown, so that a test may stop everything first.
 */
export function memoryExporter(): MemoryExporter {
  let kept: ExportedSpan[] = [];

  function keep(span: ReadableSpan): void {
    kept.push(fromReadableSpan(span));
    if (kept.length > MOST_SPANS * 1.1) kept = kept.slice(-MOST_SPANS);
  }

  return {
    onStart: () => undefined,
    onEnd: keep,
    export(spans, resultCallback) {
      for (const span of spans) keep(span);
      resultCallback({ code: 0 });
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    spans: () => [...kept],
    reset() {
      kept = [];
    },
  };
}
