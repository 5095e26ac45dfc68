import type { ReadableSpan, SpanProcessor } from "../correlation/readable-span.ts";
import { type ExportedSpan, fromReadableSpan } from "./exported-span.ts";
import { type OtlpFile, openOtlpFile } from "./otlp-file.ts";
import type { SpanGroup } from "./otlp-json.ts";
import type { SpanExporter } from "./span-exporter.ts";
import { turnQueue } from "./turn-queue.ts";

/**
 * An exporter that appends spans, the workflows' and the application's own, to a file of OTLP JSON lines:
 * `new BatchSpanProcessor({ exporter: fileSpanExporter("spans.otlp.jsonl") })`. `durascope lookup --file` reads it.
 *
 * @param target path of the file (opened, and closed with the exporter), or a file that is open already and stays so.
 */
export function fileSpanExporter(target: string | OtlpFile): SpanExporter {
  const file = typeof target === "string" ? openOtlpFile(target) : target;
  return {
    export(spans, resultCallback) {
      const report = async (): Promise<void> => {
        const written = await file.writeSpans(groupsOf(spans));
        const error = new Error(`spans could not be written to ${file.path}`);
        resultCallback(written ? { code: 0 } : { code: 1, error });
      };
      void report();
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
 */
export function fileSpanProcessor(
  target: string | OtlpFile,
): Required<SpanProcessor> & { onStart(): void } {
  const exporter = fileSpanExporter(target);
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

/** Spans by the resource and the instrumentation that they come from. */
function groupsOf(spans: readonly ReadableSpan[]): SpanGroup[] {
  const groups = new Map<ReadableSpan["resource"], Map<string, ExportedSpan[]>>();
  for (const readable of spans) {
    const scopes = groups.get(readable.resource) ?? new Map<string, ExportedSpan[]>();
    groups.set(readable.resource, scopes);
    const span = fromReadableSpan(readable);
    const key = `${span.scope.name}@${span.scope.version ?? ""}`;
    const known = scopes.get(key);
    if (known === undefined) scopes.set(key, [span]);
    else known.push(span);
  }
  return [...groups.values()].flatMap((scopes) =>
    [...scopes.values()].flatMap((group) => {
      const [first] = group;
      return first === undefined
        ? []
        : [{ resource: first.resource, scope: first.scope, spans: group }];
    }),
  );
}
