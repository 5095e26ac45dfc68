import type { ReadableSpanContext, SpanProcessor } from "./readable-span.ts";
import type { SpanResource } from "./resource.ts";

/**
 * OpenTelemetry's global registry is read by its own well-known symbol and not through `@opentelemetry/api`: a
 * provider that was registered through API 1.9 is invisible to code that loads API 1.10, and the symbol is the same
 * in all of 1.x (https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/internal/global-utils.ts).
 */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/** Key of the active span in a context, as `@opentelemetry/api` makes it (api/src/trace/context-utils.ts). */
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

interface OpenTelemetryContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OpenTelemetryContext;
}

interface ContextManager {
  active(): OpenTelemetryContext;
  with<Value>(context: OpenTelemetryContext, run: () => Value): Value;
}

/** The span processor of the application's OpenTelemetry SDK, and the resource that its spans carry. */
export interface ApplicationProcessor {
  readonly processor: SpanProcessor;
  readonly resource: SpanResource | undefined;
}

/**
 * The span processor behind the global tracer provider, as it is now; undefined when no SDK is registered or it
 * has no processor. `_activeSpanProcessor` and `_resource` are fields of the SDK's provider in 2.x and 3.x
 * (https://github.com/open-telemetry/opentelemetry-js/blob/main/packages/sdk-trace/src/TracerProvider.ts).
 */
export function applicationProcessor(): ApplicationProcessor | undefined {
  const registered = registry("trace");
  const getDelegate = field(registered, "getDelegate");
  const provider =
    typeof getDelegate === "function" ? Reflect.apply(getDelegate, registered, []) : registered;
  const processor = field(provider, "_activeSpanProcessor");
  if (!isSpanProcessor(processor)) return undefined;
  const parts = field(processor, "_spanProcessors");
  if (Array.isArray(parts) && parts.length === 0) return undefined;
  const resource = field(provider, "_resource");
  return { processor, resource: isResource(resource) ? resource : undefined };
}

/** Whether some tracer provider is registered, be it one without a span processor that we can reach. */
export function hasTracerProvider(): boolean {
  const registered = registry("trace");
  return registered !== undefined && registered !== null;
}

/**
 * Runs `run` with a span of the given ids as OpenTelemetry's active span, so that spans which the application makes
 * become its children. Without a registered context manager it only runs `run`.
 */
export function withActiveSpan<Value>(
  traceId: string,
  spanId: string,
  run: () => Value,
): Value {
  const manager = contextManager();
  if (manager === undefined) return run();
  const span = nonRecordingSpan({ traceId, spanId, traceFlags: 1 });
  return manager.with(manager.active().setValue(SPAN_KEY, span), run);
}

/** Ids of OpenTelemetry's active span; undefined when there is none. */
export function activeSpanContext(): ReadableSpanContext | undefined {
  const span = contextManager()?.active().getValue(SPAN_KEY);
  const read = field(span, "spanContext");
  if (typeof read !== "function") return undefined;
  const context: unknown = Reflect.apply(read, span, []);
  return isSpanContext(context) ? context : undefined;
}

/** A span that records nothing and hands its ids on, with the methods that user code may call on an active span. */
function nonRecordingSpan(context: ReadableSpanContext): object {
  const span = {
    spanContext: () => context,
    isRecording: () => false,
    setAttribute: () => span,
    setAttributes: () => span,
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: () => span,
    updateName: () => span,
    recordException: () => undefined,
    end: () => undefined,
  };
  return span;
}

function registry(name: "trace" | "context"): unknown {
  return field(field(globalThis, REGISTRY), name);
}

function contextManager(): ContextManager | undefined {
  const manager = registry("context");
  return isContextManager(manager) ? manager : undefined;
}

function field(value: unknown, name: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function isContextManager(value: unknown): value is ContextManager {
  return typeof field(value, "active") === "function" && typeof field(value, "with") === "function";
}

function isSpanProcessor(value: unknown): value is SpanProcessor {
  return typeof field(value, "onEnd") === "function";
}

function isResource(value: unknown): value is SpanResource {
  return typeof field(value, "attributes") === "object";
}

function isSpanContext(value: unknown): value is ReadableSpanContext {
  return typeof field(value, "traceId") === "string" && typeof field(value, "spanId") === "string";
}
