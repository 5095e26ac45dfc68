import { DurascopeError } from "../core/errors.ts";
import { property } from "../host/property.ts";
import type { SpanIds } from "./span-ids.ts";

/** Ids of a span of `dd-trace`. */
export interface DatadogSpanContext {
  /** The trace id: decimal, its low 64 bits; 32 hex digits when asked for all 128. */
  toTraceId(all128?: boolean): string;
  /** The span id: decimal; 16 hex digits when asked. */
  toSpanId(hex?: boolean): string;
  /** Not called, since it makes the sampling decision; what `inject` takes has it. */
  toTraceparent(): string;
}

/** A span of `dd-trace`, as far as it is used. */
export interface DatadogSpan {
  context(): DatadogSpanContext;
  setTag(key: string, value: unknown): unknown;
  finish(): void;
}

/**
 * The tracer that `dd-trace` exports, as far as it is used; that of 5.x and 6.x fits
 * (https://datadoghq.dev/dd-trace-js/interfaces/export_.Tracer.html). Nothing here imports `dd-trace`.
 */
export interface DatadogTracer {
  scope(): {
    active(): DatadogSpan | null;
    activate<Value>(span: DatadogSpan, run: () => Value): Value;
  };
  extract(format: string, carrier: unknown): DatadogSpanContext | null;
  inject(context: DatadogSpanContext, format: string, carrier: object): void;
  startSpan(
    name: string,
    options: {
      readonly childOf?: DatadogSpanContext;
      readonly tags: { readonly [key: string]: unknown };
    },
  ): DatadogSpan;
}

/** Whether a value can be `dd-trace`'s tracer; its module object (`import * as`) is none. */
export function isDatadogTracer(value: unknown): value is DatadogTracer {
  return ["scope", "extract", "inject", "startSpan"].every(
    (method) => typeof property(value, method) === "function",
  );
}

/** Throws a {@link DurascopeError} (`DATADOG_TRACER`) unless it is `dd-trace`'s tracer. */
export function checkTracer(tracer: unknown): asserts tracer is DatadogTracer {
  if (isDatadogTracer(tracer)) return;
  throw new DurascopeError(
    "DATADOG_TRACER",
    'This is not the tracer of dd-trace: give what `import tracer from "dd-trace"` or `require("dd-trace")` gives, 5.x or 6.x.',
  );
}

/** Ids of `dd-trace`'s active span in OpenTelemetry's form, all 128 bits; undefined when there is none. Never throws. */
export function activeDatadogSpan(tracer: DatadogTracer): SpanIds | undefined {
  try {
    const context = tracer.scope().active()?.context();
    if (context === undefined) return undefined;
    const traceId = context.toTraceId(true);
    const spanId = context.toSpanId(true);
    return isId(traceId, 32) && isId(spanId, 16) ? { traceId, spanId } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * `dd.trace_id` and `dd.span_id` of `dd-trace`'s active span, written as `dd-trace` itself writes them on log lines
 * (decimal; the trace id in 32 hex digits where it has 128 bits and `DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED` is not off);
 * undefined when there is no active span. Never throws.
 */
export function datadogLogIds(tracer: DatadogTracer): Record<string, string> | undefined {
  try {
    const active = tracer.scope().active();
    if (active === null) return undefined;
    const carrier: Record<string, unknown> = {};
    tracer.inject(active.context(), "log", carrier);
    const traceId = property(carrier["dd"], "trace_id");
    const spanId = property(carrier["dd"], "span_id");
    if (typeof traceId !== "string" || typeof spanId !== "string") return undefined;
    return { "dd.trace_id": traceId, "dd.span_id": spanId };
  } catch {
    return undefined;
  }
}

function isId(text: string, digits: number): boolean {
  return text.length === digits && /^(?!0+$)[0-9a-f]+$/.test(text);
}
