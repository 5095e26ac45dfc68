import { DurascopeError } from "../core/errors.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import type { DatadogTracer } from "../correlation/datadog-tracer.ts";
import type { SpanProcessor } from "../host/readable-span.ts";
import type { LoggerProvider, MeterProvider } from "../telemetry/application-providers.ts";

/** What {@link workflowTracing} may be told; nothing needs to be. */
export interface WorkflowTracingOptions extends TraceOptions {
  /**
   * Where spans go.
   * @default the global OpenTelemetry SDK's processor; one of our own when `OTEL_EXPORTER_OTLP_ENDPOINT` is set
   */
  readonly spanProcessor?: SpanProcessor;
  /**
   * A span longer than this, in ms, is sent as 0 ms at its end, for backends that refuse long spans (docs/sampling.md).
   * @default `DURASCOPE_LONGEST_SPAN_MS`, else all spans are sent as they are
   */
  readonly longestSpan?: number;
  /**
   * How long, in ms, what the last workflow task said is held back when nothing follows: until then a failed task may
   * be told again, and the later telling counts.
   * @default 2000
   */
  readonly settle?: number;
  /** Takes the metrics. @default the application's global MeterProvider, where there is one */
  readonly meterProvider?: MeterProvider;
  /** Takes the log lines. @default the application's global LoggerProvider, where there is one */
  readonly loggerProvider?: LoggerProvider;
  /** Whether log lines of runs are written: begun and ended, retries, waits, compensations. @default true */
  readonly logEvents?: boolean;
  /**
   * Keys of business attributes that become labels of `workflow.started`, `workflow.closed` and `workflow.duration`:
   * `["order.tier"]`. Never ids; after 1,000 values of one further ones are told as `other`. @default none
   */
  readonly metricAttributes?: readonly string[];
  /**
   * The tracer of `dd-trace`, where that is what traces this process (docs/datadog.md): its spans in activities stand in the
   * run's trace and carry its ids, a run is linked to the `dd-trace` span that started it, log lines get `dd-trace`'s ids.
   * @default none: `dd-trace` is left alone
   */
  readonly ddTracer?: DatadogTracer;
  /** Takes warnings, at most one of a kind. @default process.emitWarning */
  readonly onWarning?: (message: string) => void;
}

const KNOWN: Readonly<Record<keyof WorkflowTracingOptions, true>> = {
  businessKeys: true,
  compensates: true,
  ddTracer: true,
  failureMessages: true,
  identities: true,
  logEvents: true,
  loggerProvider: true,
  longestSpan: true,
  meterProvider: true,
  metricAttributes: true,
  onWarning: true,
  settle: true,
  spanProcessor: true,
  waits: true,
};

/** Throws a {@link DurascopeError} that names the first option that is unknown: a misspelt one would do nothing. */
export function checkOptions(options: WorkflowTracingOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new DurascopeError(
      "TRACING_OPTION",
      "workflowTracing takes an object of options, or none",
    );
  }
  const { metricAttributes } = options;
  if (metricAttributes !== undefined && !isTextList(metricAttributes)) {
    throw new DurascopeError(
      "TRACING_OPTION",
      'workflowTracing: metricAttributes has to be a list of keys, such as ["order.tier"]',
    );
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(KNOWN, name));
  if (unknown !== undefined) {
    throw new DurascopeError(
      "TRACING_OPTION",
      `workflowTracing has no option "${unknown}"; it has ${Object.keys(KNOWN).join(", ")}`,
    );
  }
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
