import {
  type HrTime,
  type ReadableSpan,
  SPAN_KINDS,
  STATUS_CODES,
} from "../../host/readable-span.ts";
import type { AttributeValue } from "../../projection/span-record.ts";
import type { OtlpAttributes, OtlpSpan, OtlpValue } from "./otlp-model.ts";

/** A span as an exporter prints it: one of ours, or one that the application made. */
export interface ExportedSpan extends OtlpSpan {
  /** What sent it, e.g. `service.name`. */
  readonly resource: OtlpAttributes;
  /** Instrumentation that made it; `durascope` on our own. */
  readonly scope: { readonly name: string; readonly version?: string };
}

/**
 * A span of OpenTelemetry's SDK as plain data, times in milliseconds since the epoch with a fraction down to
 * microseconds. Attributes that are neither scalars nor lists of them become JSON text. Its role in a run is not known: our own spans tell it
 * by their attributes, the application's have none.
 */
export function fromReadableSpan(span: ReadableSpan): ExportedSpan {
  const { traceId, spanId, traceState } = span.spanContext();
  const parentSpanId = span.parentSpanContext?.spanId;
  const { name, version } = span.instrumentationScope;
  return {
    traceId,
    spanId,
    ...(traceState !== undefined && { traceState: traceState.serialize() }),
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: span.name,
    kind: SPAN_KINDS[span.kind] ?? "INTERNAL",
    startTime: milliseconds(span.startTime),
    endTime: milliseconds(span.endTime),
    attributes: flat(span.attributes),
    status: {
      code: STATUS_CODES[span.status.code] ?? "UNSET",
      ...(span.status.message !== undefined && { message: span.status.message }),
    },
    links: span.links.map((link) => ({
      traceId: link.context.traceId,
      spanId: link.context.spanId,
      attributes: flat(link.attributes),
    })),
    events: span.events.map((event) => ({
      name: event.name,
      time: milliseconds(event.time),
      attributes: flat(event.attributes),
    })),
    resource: flat(span.resource.attributes),
    scope: { name, ...(version !== undefined && { version }) },
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return (seconds * 1_000_000 + Math.round(nanoseconds / 1000)) / 1000;
}

function flat(attributes: Readonly<Record<string, unknown>> | undefined): OtlpAttributes {
  const values: Record<string, OtlpValue> = {};
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (isScalar(value)) {
      values[key] = value;
    } else if (value !== undefined && value !== null) {
      const list = listOf(value) ?? jsonText(value);
      if (list !== undefined) values[key] = list;
    }
  }
  return values;
}

function isScalar(value: unknown): value is AttributeValue {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function listOf(value: unknown): readonly AttributeValue[] | undefined {
  return Array.isArray(value) && value.every(isScalar) ? value : undefined;
}

function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
