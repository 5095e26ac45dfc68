import type { SpanRecord } from "../projection/span-record.ts";
import { INSTRUMENTATION_SCOPE } from "./instrumentation-scope.ts";
import type { SpanResource } from "./resource.ts";

/** A finished span as plain data, wherever it comes from: a {@link SpanRecord} without its place in a history. */
export type FinishedSpan = Omit<SpanRecord, "role" | "seq">;

/** Seconds since the epoch, and the nanoseconds after them. */
export type HrTime = [number, number];

/** Ids of a span as OpenTelemetry's API has them. */
export interface ReadableSpanContext {
  readonly traceId: string;
  readonly spanId: string;
  /** 1 when the trace is sampled. */
  readonly traceFlags: number;
  readonly isRemote?: boolean | undefined;
  /** W3C `tracestate`, on spans that the application made. */
  readonly traceState?: { serialize(): string } | undefined;
}

/** A pointer to another span, as OpenTelemetry's SDK has it. */
export interface ReadableLink {
  readonly context: ReadableSpanContext;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** An event of a span, as OpenTelemetry's SDK has it. */
export interface ReadableEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * What a span processor's `onEnd` is given: the ReadableSpan of OpenTelemetry's SDK 2 and 3, structurally
 * (https://github.com/open-telemetry/opentelemetry-js/blob/main/packages/sdk-trace/src/export/ReadableSpan.ts).
 */
export interface ReadableSpan {
  readonly name: string;
  /** 0 INTERNAL, 1 SERVER, 2 CLIENT, 3 PRODUCER, 4 CONSUMER. */
  readonly kind: number;
  readonly spanContext: () => ReadableSpanContext;
  readonly parentSpanContext?: ReadableSpanContext | undefined;
  /** As SDK 1 told the parent. */
  readonly parentSpanId?: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  /** 0 UNSET, 1 OK, 2 ERROR. */
  readonly status: { readonly code: number; readonly message?: string | undefined };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly ReadableLink[];
  readonly events: readonly ReadableEvent[];
  readonly ended: boolean;
  readonly resource: SpanResource;
  readonly instrumentationScope: { readonly name: string; readonly version?: string | undefined };
  /** As SDK 1 called the scope. */
  readonly instrumentationLibrary?: { readonly name: string };
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** The part of an OpenTelemetry span processor that finished spans need; those of SDK 2 and 3 fit. */
export interface SpanProcessor {
  /** Takes a finished span. */
  onEnd(span: ReadableSpan): void;
  /** Resolves when everything that was taken is exported, or has failed to be. */
  forceFlush?(): Promise<void>;
  shutdown?(): Promise<void>;
}

/** Span kinds in the order of their numbers in OpenTelemetry's API. */
export const SPAN_KINDS = ["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"] as const;

/** Status codes in the order of their numbers in OpenTelemetry's API. */
export const STATUS_CODES = ["UNSET", "OK", "ERROR"] as const;

const SAMPLED = 1;

/** Whole microseconds since the epoch as {@link HrTime}. */
export function hrTime(micros: number): HrTime {
  const seconds = Math.floor(micros / 1_000_000);
  return [seconds, (micros - seconds * 1_000_000) * 1000];
}

/**
 * A finished span in the shape that any span processor takes at `onEnd`, sampled. Spans with the same `resource`
 * object are exported together. The plain fields of SDK 1 (`parentSpanId`, `instrumentationLibrary`) are there too.
 */
export function toReadableSpan(
  span: FinishedSpan,
  resource: SpanResource,
  parentIsRemote = false,
): ReadableSpan {
  const { traceId, spanId, parentSpanId, status } = span;
  const own = { traceId, spanId, traceFlags: SAMPLED };
  const start = Math.round(span.startTime * 1000);
  const end = Math.max(start, Math.round(span.endTime * 1000));
  return {
    name: span.name,
    kind: SPAN_KINDS.indexOf(span.kind),
    spanContext: () => own,
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    status: { ...status, code: STATUS_CODES.indexOf(status.code) },
    attributes: span.attributes,
    links: span.links.map((link) => ({
      context: { traceId: link.traceId, spanId: link.spanId, traceFlags: SAMPLED },
      attributes: link.attributes,
    })),
    events: span.events.map((event) => ({ ...event, time: hrTime(Math.round(event.time * 1000)) })),
    ended: true,
    resource,
    instrumentationScope: INSTRUMENTATION_SCOPE,
    instrumentationLibrary: INSTRUMENTATION_SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...(parentSpanId !== undefined && {
      parentSpanId,
      parentSpanContext: {
        traceId,
        spanId: parentSpanId,
        traceFlags: SAMPLED,
        isRemote: parentIsRemote,
      },
    }),
  };
}
