import { registry, type SpanContextHolder } from "../host/opentelemetry-global.ts";
import { property } from "../host/property.ts";
import type { HrTime } from "../host/readable-span.ts";

/** Labels of a point. */
export type MetricLabels = Readonly<Record<string, string>>;

/** What the callback of observable instruments is handed. */
export interface MetricObserver {
  observe(instrument: object, value: number, attributes?: MetricLabels): void;
}

/** How an instrument is made. */
export interface MetricOptions {
  readonly description?: string;
  readonly unit?: string;
  readonly advice?: { explicitBucketBoundaries?: number[] };
}

/** The part of OpenTelemetry's `Meter` that is used; those of API 1.9 and 1.10 fit. */
export interface Meter {
  createCounter(
    name: string,
    options?: MetricOptions,
  ): { add(value: number, attributes?: MetricLabels): void };
  createHistogram(
    name: string,
    options?: MetricOptions,
  ): { record(value: number, attributes?: MetricLabels): void };
  createObservableGauge(name: string, options?: MetricOptions): object;
  addBatchObservableCallback(
    callback: (observer: MetricObserver) => void,
    instruments: object[],
  ): void;
}

/** OpenTelemetry's `MeterProvider`. */
export interface MeterProvider {
  getMeter(name: string, version?: string): Meter;
}

/** The part of OpenTelemetry's `LogRecord` that is used. */
export interface LogRecord {
  readonly eventName?: string;
  /** Seconds and nanoseconds since the epoch. */
  readonly timestamp?: HrTime;
  /** 9 INFO, 13 WARN, 17 ERROR. */
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: string;
  readonly attributes?: Record<string, string | number | boolean>;
  readonly context?: SpanContextHolder;
}

/** OpenTelemetry's `LoggerProvider`. */
export interface LoggerProvider {
  getLogger(name: string, version?: string): { emit(record: LogRecord): void };
}

/** Where `@opentelemetry/api-logs` 0.2xx, which goes with API 1.9, registers: a function of a version. */
const LOGS_REGISTRY = Symbol.for("io.opentelemetry.js.api.logs");
/** The one version of that registry that there has been (experimental/packages/api-logs/src/internal/global-utils.ts). */
const LOGS_VERSION = 1;

/** The application's global MeterProvider, as it is now; undefined when none is registered. */
export function globalMeterProvider(): MeterProvider | undefined {
  const provider = registry("metrics");
  return isMeterProvider(provider) ? provider : undefined;
}

/**
 * The application's global LoggerProvider, as it is now: of API 1.10, which has the logs API, or of
 * `@opentelemetry/api-logs` beside API 1.9; undefined when none is registered.
 */
export function globalLoggerProvider(): LoggerProvider | undefined {
  const provider = registry("logs") ?? separateLoggerProvider();
  return isLoggerProvider(provider) ? provider : undefined;
}

function separateLoggerProvider(): unknown {
  const get: unknown = Reflect.get(globalThis, LOGS_REGISTRY);
  return typeof get === "function" ? Reflect.apply(get, undefined, [LOGS_VERSION]) : undefined;
}

function isMeterProvider(value: unknown): value is MeterProvider {
  return typeof property(value, "getMeter") === "function";
}

function isLoggerProvider(value: unknown): value is LoggerProvider {
  return typeof property(value, "getLogger") === "function";
}
