import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import type { SpanRecord } from "../../src/projection/span-record.ts";

/** Makes spans the ordinary way: with OpenTelemetry's tracer, and its own JSON serialiser. */
export interface SdkPath {
  /** Makes the spans of one history anew and gives them as OTLP/JSON; the number of bytes. */
  serialise(records: readonly SpanRecord[]): number;
}

/** An SDK whose ended spans are kept until they are serialised, as its batch processor does. */
export function sdkPath(): SdkPath {
  let ended: ReadableSpan[] = [];
  const provider = new TracerProvider({
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => void ended.push(span),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const tracer = provider.getTracer("durascope");
  return {
    serialise(records) {
      ended = [];
      for (const record of records) makeSpan(tracer, record);
      return JsonTraceSerializer.serializeRequest(ended)?.length ?? 0;
    },
  };
}

function makeSpan(tracer: Tracer, record: SpanRecord): void {
  const span = tracer.startSpan(
    record.name,
    {
      kind: SpanKind[record.kind],
      startTime: record.startTime,
      attributes: record.attributes,
      links: record.links.map((link) => ({
        context: contextOf(link.traceId, link.spanId),
        attributes: link.attributes,
      })),
    },
    parentOf(record),
  );
  for (const event of record.events) span.addEvent(event.name, event.attributes, event.time);
  const { code, message } = record.status;
  if (code !== "UNSET")
    span.setStatus({ code: SpanStatusCode[code], ...(message !== undefined && { message }) });
  span.end(record.endTime);
}

function parentOf(record: SpanRecord): Context {
  if (record.parentSpanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, contextOf(record.traceId, record.parentSpanId));
}

function contextOf(
  traceId: string,
  spanId: string,
): { traceId: string; spanId: string; traceFlags: number } {
  return { traceId, spanId, traceFlags: 1 };
}
