import { property } from "./property.ts";
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

/** Key that keeps instrumentations from making spans (packages/opentelemetry-core/src/trace/suppress-tracing.ts). */
const SUPPRESS_KEY = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

interface OpenTelemetryContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OpenTelemetryContext;
}

/** A context that holds a span and takes nothing else. */
export interface SpanContextHolder {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): SpanContextHolder;
  deleteValue(key: symbol): SpanContextHolder;
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
  const provider = callIfFunction(registered, "getDelegate") ?? registered;
  const processor = property(provider, "_activeSpanProcessor");
  const isEmpty = property(property(processor, "_spanProcessors"), "length") === 0;
  if (!isSpanProcessor(processor) || isEmpty) return undefined;
  const resource = property(provider, "_resource");
  return { processor, resource: isResource(resource) ? resource : undefined };
}

/** Whether some tracer provider is registered, be it one without a span processor that we can reach. */
export function hasTracerProvider(): boolean {
  return registry("trace") !== undefined;
}

/**
 * Runs `run` with a span of the given ids as OpenTelemetry's active span, so that spans which the application makes
 * become its children. Without a registered context manager it only runs `run`.
 */
export function withActiveSpan<Value>(traceId: string, spanId: string, run: () => Value): Value {
  const manager = contextManager();
  if (manager === undefined) return run();
  const span = nonRecordingSpan({ traceId, spanId, traceFlags: 1 });
  return manager.with(manager.active().setValue(SPAN_KEY, span), run);
}

/**
 * Runs `run` so that OpenTelemetry's instrumentations make no span of what it begins: the request that exports spans
 * would else make one that is exported by the next request, and so on without an end.
 */
export function withoutTracing(run: () => void): void {
  const manager = contextManager();
  if (manager === undefined) run();
  else manager.with(manager.active().setValue(SUPPRESS_KEY, true), run);
}

/**
 * Ids of OpenTelemetry's active span; undefined when there is none, or one with ids of zeros, as a tracer gives that has no
 * provider behind it.
 */
export function activeSpanContext(): ReadableSpanContext | undefined {
  const context = callIfFunction(contextManager()?.active().getValue(SPAN_KEY), "spanContext");
  return isSpanContext(context) && !/^0*$/.test(context.traceId) ? context : undefined;
}

/** OpenTelemetry's context with nothing in it but a span of the given ids, for a record that is about that span. */
export function contextOf(traceId: string, spanId: string): SpanContextHolder {
  const span = { spanContext: () => ({ traceId, spanId, traceFlags: 1 }) };
  const context: SpanContextHolder = {
    getValue: (key) => (key === SPAN_KEY ? span : undefined),
    setValue: () => context,
    deleteValue: () => context,
  };
  return context;
}

/** A span that records nothing and hands its ids on, with the methods that user code may call on an active span. */
function nonRecordingSpan(context: ReadableSpanContext): object {
  const itself = (): object => span;
  const span = {
    spanContext: () => context,
    isRecording: () => false,
    setAttribute: itself,
    setAttributes: itself,
    addEvent: itself,
    addLink: itself,
    addLinks: itself,
    setStatus: itself,
    updateName: itself,
    recordException: () => undefined,
    end: () => undefined,
  };
  return span;
}

/** What is registered under a name, of whatever form; undefined when nothing is. */
export function registry(name: "trace" | "context" | "metrics" | "logs"): unknown {
  return property(Reflect.get(globalThis, REGISTRY), name);
}

function contextManager(): ContextManager | undefined {
  const manager = registry("context");
  return isContextManager(manager) ? manager : undefined;
}

function callIfFunction(target: unknown, name: string): unknown {
  const method = property(target, name);
  return typeof method === "function" ? Reflect.apply(method, target, []) : undefined;
}

/** The registry's own types are trusted from one method on: OpenTelemetry's API checks versions, not shapes, too. */
function isContextManager(value: unknown): value is ContextManager {
  return property(value, "with") !== undefined;
}

function isSpanProcessor(value: unknown): value is SpanProcessor {
  return property(value, "onEnd") !== undefined;
}

function isResource(value: unknown): value is SpanResource {
  return property(value, "attributes") !== undefined;
}

function isSpanContext(value: unknown): value is ReadableSpanContext {
  return property(value, "spanId") !== undefined;
}
