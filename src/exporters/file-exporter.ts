import type { ReadableSpan, SpanProcessor } from "../host/readable-span.ts";
import { spanGroups } from "../telemetry/otlp/span-groups.ts";
import type { SpanExporter } from "../telemetry/span-exporter.ts";
import { type OtlpFile, type OtlpFileOptions, openOtlpFile } from "./otlp-file.ts";
import { turnQueue } from "./turn-queue.ts";

/**
 * An exporter that appends spans, the workflows' and the application's own, to a file of OTLP JSON lines:
 * `new BatchSpanProcessor({ exporter: fileSpanExporter("spans.otlp.jsonl") })`. `durascope lookup --file` reads it.
 *
 * @param target path of the file (opened, and closed with the exporter), or a file that is open already and stays so.
 * @param options of a file that is opened here: `{ maxBytes: 100_000_000, maxFiles: 3 }` rotates it, so that there are
 *   `spans.otlp.jsonl` with the newest spans, `spans.otlp.jsonl.1` and `spans.otlp.jsonl.2` with the oldest
 */
export function fileSpanExporter(
  target: string | OtlpFile,
  options: OtlpFileOptions = {},
): SpanExporter {
  const file = typeof target === "string" ? openOtlpFile(target, options) : target;
  return {
    export(spans, resultCallback) {
      const write = async (): Promise<boolean> => file.writeSpans(spanGroups(spans));
      const report = (written: boolean): void => {
        const error = new Error(`spans could not be written to ${file.path}`);
        resultCallback(written ? { code: 0 } : { code: 1, error });
      };
      // A span that cannot be read fails the export; a callback that throws is its giver's own trouble. Neither ends the process.
      write()
        .catch(() => false)
        .then(report)
        .catch(() => undefined);
    },
    forceFlush: () => file.flush(),
    shutdown: () => (typeof target === "string" ? file.close() : file.flush()),
  };
}

/**
 * A span processor that appends spans to a file of OTLP JSON lines, for processes without an OpenTelemetry SDK:
 * `workflowTracing({ spanProcessor: fileSpanProcessor("spans.otlp.jsonl") })`. Spans that end in the same turn of the event
 * loop go into one line; a span is in the file, or on its way there, one turn after its end.
 *
 * @param target as in {@link fileSpanExporter}.
 * @param options as in {@link fileSpanExporter}.
 */
export function fileSpanProcessor(
  target: string | OtlpFile,
  options: OtlpFileOptions = {},
): Required<SpanProcessor> & { onStart(): void } {
  const exporter = fileSpanExporter(target, options);
  const queue = turnQueue<ReadableSpan>((spans) => exporter.export(spans, () => undefined));
  return {
    // OpenTelemetry's SDK calls it; nothing is known of a span that has only begun.
    onStart: () => undefined,
    onEnd: (span) => queue.push(span),
    forceFlush() {
      queue.drain();
      return exporter.forceFlush();
    },
    shutdown() {
      queue.drain();
      return exporter.shutdown();
    },
  };
}
